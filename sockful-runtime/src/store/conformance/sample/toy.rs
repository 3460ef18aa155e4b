//! A hand-written resource with relations of every kind.

use super::{ID, Sample, TEXT, property};
use crate::model::definition::{Access, KeyKind, OnDestroy, Parent, ResourceDef};
use crate::model::parent;
use crate::model::reader::Reader;
use crate::model::resource::{Changes, PayloadWriter, Resource, Writer};

/// A resource with several parents.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Toy {
    pub(crate) id: String,
    pub(crate) owner_id: Option<String>,
    pub(crate) part_of_id: Option<String>,
    pub(crate) lent_to_id: Option<String>,
    pub(crate) pawned_to_id: Option<String>,
    pub(crate) note: Option<String>,
}

#[expect(
    clippy::option_option,
    reason = "unset, set to `None` and set to a value differ"
)]
/// The payload of `update`, with every property.
#[derive(Clone, Debug, Default)]
pub(crate) struct ToyPatch {
    pub(crate) owner_id: Option<Option<String>>,
    pub(crate) note: Option<Option<String>>,
}

const fn parent<P: Resource<Id = String>>(
    property: usize,
    on_destroy: OnDestroy,
    names: [&'static str; 8],
) -> Parent {
    parent::parent::<P, Option<String>>(property, on_destroy, names)
}

impl Resource for Toy {
    type Id = String;
    type New = Self;
    type Patch = ToyPatch;
    const NAME: &'static str = "toy";
    const DEFINITION: &'static ResourceDef = &ResourceDef {
        name: Self::NAME,
        plural: "toys",
        title: "Toy",
        doc: "A toy.",
        properties: &[
            property("id", Access::Open),
            property("owner_id", Access::Open).index(),
            property("part_of_id", Access::Open).index(),
            property("lent_to_id", Access::Open).index(),
            property("pawned_to_id", Access::Open).index(),
            property("note", Access::Open),
        ],
        id: 0,
        key: KeyKind::Text,
        unserved: &[],
        page: None,
        parents: &[
            parent::<Sample>(
                1,
                OnDestroy::Cascade,
                [
                    "owner",
                    "byOwner",
                    "toys",
                    "createToy",
                    "getToy",
                    "updateToy",
                    "destroyToy",
                    "subscribeToys",
                ],
            ),
            parent::<Self>(
                2,
                OnDestroy::Cascade,
                [
                    "partOf",
                    "byPartOf",
                    "parts",
                    "createPart",
                    "getPart",
                    "updatePart",
                    "destroyPart",
                    "subscribeParts",
                ],
            ),
            parent::<Sample>(
                3,
                OnDestroy::Detach,
                [
                    "lentTo",
                    "byLentTo",
                    "loans",
                    "createLoan",
                    "getLoan",
                    "updateLoan",
                    "destroyLoan",
                    "subscribeLoans",
                ],
            ),
            parent::<Sample>(
                4,
                OnDestroy::Restrict,
                [
                    "pawnedTo",
                    "byPawnedTo",
                    "pawns",
                    "createPawn",
                    "getPawn",
                    "updatePawn",
                    "destroyPawn",
                    "subscribePawns",
                ],
            ),
        ],
        events: &[],
        public: false,
        renamed_from: &[],
    };

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let id = reader.next(&ID);
        let owner_id = reader.next(&TEXT);
        let part_of_id = reader.next(&TEXT);
        let lent_to_id = reader.next(&TEXT);
        let pawned_to_id = reader.next(&TEXT);
        let note = reader.next(&TEXT);
        Some(Self {
            id: id?,
            owner_id: owner_id?,
            part_of_id: part_of_id?,
            lent_to_id: lent_to_id?,
            pawned_to_id: pawned_to_id?,
            note: note?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.put(&ID, &self.id);
        for text in self.texts() {
            writer.put(&TEXT, text);
        }
    }
}

impl Toy {
    fn texts(&self) -> [&Option<String>; 5] {
        [
            &self.owner_id,
            &self.part_of_id,
            &self.lent_to_id,
            &self.pawned_to_id,
            &self.note,
        ]
    }
}

impl Changes for Toy {
    fn write(&self, given: &mut PayloadWriter) {
        given.put(&ID, &self.id);
        for text in self.texts() {
            given.put(&TEXT, text);
        }
    }
}

impl Changes for ToyPatch {
    fn write(&self, given: &mut PayloadWriter) {
        given.put_if(&ID, None);
        given.put_if(&TEXT, self.owner_id.as_ref());
        for _ in ["part_of_id", "lent_to_id", "pawned_to_id"] {
            given.put_if(&TEXT, None);
        }
        given.put_if(&TEXT, self.note.as_ref());
    }
}
