//! A hand-written resource for tests, which also shows that the trait can be implemented by hand.

#[cfg(test)]
mod serving;
#[cfg(test)]
mod toy;

#[cfg(test)]
pub(crate) use serving::{Serving, TOYS, entry, table};
#[cfg(test)]
pub(crate) use toy::{Toy, ToyPatch};

use crate::core::json::object::Object;
use crate::model::codec::Codec;
use crate::model::definition::{Access, EventDef, KeyKind, Managed, Property, ResourceDef};
use crate::model::event::Event;
use crate::model::key::Key;
use crate::model::reader::{Origin, Reader};
use crate::model::record::{Record, RecordBuilder};
use crate::model::resource::{Changes, PayloadWriter, Resource, Writer};
use crate::model::resource_model::{Model, Shape};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

/// A record with a property of each kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) kind: String,
    pub(crate) life: i64,
    pub(crate) weight: f64,
    pub(crate) tame: bool,
    pub(crate) secret: Option<String>,
    pub(crate) ctime: u64,
    pub(crate) tags: Option<Vec<String>>,
}

/// The payload of `create`.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewSample {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) life: Option<i64>,
    pub(crate) weight: Option<f64>,
    pub(crate) tame: Option<bool>,
    pub(crate) secret: Option<String>,
    pub(crate) ctime: Option<u64>,
    pub(crate) tags: Option<Vec<String>>,
}

#[expect(
    clippy::option_option,
    reason = "unset, set to `None` and set to a value differ"
)]
/// The payload of `update`; the inner option is the value of a nullable property.
#[derive(Clone, Debug, Default)]
pub(crate) struct SamplePatch {
    pub(crate) name: Option<Option<String>>,
    pub(crate) kind: Option<String>,
    pub(crate) life: Option<i64>,
    pub(crate) weight: Option<f64>,
    pub(crate) tame: Option<bool>,
    pub(crate) secret: Option<Option<String>>,
    pub(crate) ctime: Option<u64>,
    pub(crate) tags: Option<Option<Vec<String>>>,
}

/// The data of the event `roared`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Roar {
    pub(crate) loudness: u64,
}

/// The data of the event `slept`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Nap(pub(crate) String);

impl Event for Roar {
    type Of = Sample;
    const POSITION: usize = 0;
    const DATA: Codec<Self> = Codec::for_results();
}

impl Event for Nap {
    type Of = Sample;
    const POSITION: usize = 1;
    const DATA: Codec<Self> = Codec::for_results();
}

const ID: Codec<String> = Codec::new().with_computed_default_if(<String as Key>::FRESH);
const TEXT: Codec<Option<String>> = Codec::new();
const KIND: Codec<String> = Codec::new().with_default(|| "dragon".to_owned());
const LIFE: Codec<i64> = Codec::new().with_default(|| 10);
const WEIGHT: Codec<f64> = Codec::new().with_default(|| 1.5);
const TAME: Codec<bool> = Codec::new().with_default(|| false);
const CTIME: Codec<u64> = Codec::new().with_default(|| 0);
const TAGS: Codec<Option<Vec<String>>> = Codec::new();

const fn property(name: &'static str, access: Access) -> Property {
    Property::new(name, "").access(access)
}

/// The same resource with indexes and unique names.
pub(crate) const INDEXED: &ResourceDef = &indexed(true);
/// The same resource with indexes only.
pub(crate) const SORTED: &ResourceDef = &indexed(false);

const fn indexed(unique: bool) -> ResourceDef {
    const fn properties(unique: bool) -> [Property; 9] {
        let name = property("name", Access::Open);
        [
            property("id", Access::Open),
            if unique { name.unique() } else { name.index() },
            property("kind", Access::Open).index(),
            property("life", Access::Open).index(),
            property("weight", Access::Open).index(),
            property("tame", Access::Open).index(),
            property("secret", Access::Private),
            property("ctime", Access::ReadOnly),
            property("tags", Access::Open),
        ]
    }
    const UNIQUE: &[Property] = &properties(true);
    const INDEX: &[Property] = &properties(false);
    ResourceDef {
        name: if unique { "indexed" } else { "sorted" },
        properties: if unique { UNIQUE } else { INDEX },
        ..*Sample::DEFINITION
    }
}

/// A resource that shows its revision.
pub(crate) const COUNTED: &ResourceDef = &ResourceDef {
    name: "counted",
    properties: &[
        property("id", Access::Open),
        property("life", Access::Open),
        property("rev", Access::Open).kept(Managed::Rev),
    ],
    ..*Sample::DEFINITION
};

/// A record of [`COUNTED`].
pub(crate) fn counted(id: &str, life: u64) -> Record {
    let mut builder = RecordBuilder::new(COUNTED);
    builder.put(|out| out.extend_from_slice(format!("\"{id}\"").as_bytes()));
    builder.put(|out| out.extend_from_slice(life.to_string().as_bytes()));
    builder.put(|out| out.push(b'0'));
    builder.finish(id)
}

impl Resource for Sample {
    type Id = String;
    type New = NewSample;
    type Patch = SamplePatch;
    const NAME: &'static str = "sample";
    const DEFINITION: &'static ResourceDef = &ResourceDef {
        name: Self::NAME,
        plural: "samples",
        title: "Sample",
        doc: "A creature with a property of each kind.",
        properties: &[
            property("id", Access::Open),
            property("name", Access::Open),
            property("kind", Access::Open),
            property("life", Access::Open),
            property("weight", Access::Open),
            property("tame", Access::Open),
            property("secret", Access::Private),
            property("ctime", Access::ReadOnly),
            property("tags", Access::Open),
        ],
        id: 0,
        key: KeyKind::Text,
        unserved: &[],
        page: None,
        parents: &[],
        events: &[
            EventDef::of::<Roar>("roared", "It was heard."),
            EventDef::of::<Nap>("slept", ""),
        ],
        public: false,
        renamed_from: &[],
    };

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let id = reader.next(&ID);
        let name = reader.next(&TEXT);
        let kind = reader.next(&KIND);
        let life = reader.next(&LIFE);
        let weight = reader.next(&WEIGHT);
        let tame = reader.next(&TAME);
        let secret = reader.next(&TEXT);
        let ctime = reader.next(&CTIME);
        let tags = reader.next(&TAGS);
        Some(Self {
            id: id?,
            name: name?,
            kind: kind?,
            life: life?,
            weight: weight?,
            tame: tame?,
            secret: secret?,
            ctime: ctime?,
            tags: tags?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.put(&ID, &self.id);
        writer.put(&TEXT, &self.name);
        writer.put(&KIND, &self.kind);
        writer.put(&LIFE, &self.life);
        writer.put(&WEIGHT, &self.weight);
        writer.put(&TAME, &self.tame);
        writer.put(&TEXT, &self.secret);
        writer.put(&CTIME, &self.ctime);
        writer.put(&TAGS, &self.tags);
    }
}

impl Changes for NewSample {
    fn write(&self, given: &mut PayloadWriter) {
        given.put_if(&ID, self.id.as_ref());
        given.put(&TEXT, &self.name);
        given.put_if(&KIND, self.kind.as_ref());
        given.put_if(&LIFE, self.life.as_ref());
        given.put_if(&WEIGHT, self.weight.as_ref());
        given.put_if(&TAME, self.tame.as_ref());
        given.put(&TEXT, &self.secret);
        given.put_if(&CTIME, self.ctime.as_ref());
        given.put(&TAGS, &self.tags);
    }
}

impl Changes for SamplePatch {
    fn write(&self, given: &mut PayloadWriter) {
        given.put_if(&ID, None);
        given.put_if(&TEXT, self.name.as_ref());
        given.put_if(&KIND, self.kind.as_ref());
        given.put_if(&LIFE, self.life.as_ref());
        given.put_if(&WEIGHT, self.weight.as_ref());
        given.put_if(&TAME, self.tame.as_ref());
        given.put_if(&TEXT, self.secret.as_ref());
        given.put_if(&CTIME, self.ctime.as_ref());
        given.put_if(&TAGS, self.tags.as_ref());
    }
}

/// The model of the sample on a server that serves nothing else.
pub(crate) fn model() -> Model {
    Model::new(&Shape::of::<Sample>(), 0, &mut SchemaGenerator::default())
}

/// Creates a record from a JSON object, as the application's own code does.
pub(crate) fn record(model: &Model, json: &str) -> Record {
    let given = Object::parse(json).expect("an object without repeated keys");
    model
        .create(&given, Origin::Server)
        .expect("the record is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handwritten_resource_round_trips() {
        let model = model();
        let sample = Sample {
            id: "bob".to_owned(),
            name: None,
            kind: "dragon".to_owned(),
            life: -3,
            weight: 0.1,
            tame: true,
            secret: Some("🐉".to_owned()),
            ctime: 7,
            tags: Some(vec!["a".to_owned()]),
        };
        let record = model.write(&sample).expect("the sample is valid");
        assert!(!record.sent().contains("secret"), "{}", record.sent());
        assert_eq!(model.read::<Sample>(&record).expect("a sample"), sample);
    }

    #[test]
    fn new_and_patch_structs_round_trip() {
        let model = model();
        let given = |changes: &dyn Changes| {
            let mut given = PayloadWriter::new(Sample::DEFINITION);
            changes.write(&mut given);
            let (text, members) = given.finish().expect("JSON");
            let object = Object::of(&text, &members);
            assert_eq!(object.rest(), text, "the members are those of the text");
            text
        };
        let new = NewSample {
            id: Some("bob".to_owned()),
            life: Some(3),
            ..NewSample::default()
        };
        let created = record(&model, &given(&new));
        let patch = SamplePatch {
            name: Some(Some("Bob".to_owned())),
            ..SamplePatch::default()
        };
        let patch = given(&patch);
        let patch = Object::parse(&patch).expect("an object");
        let changed = model
            .change(&patch, &created, Origin::Server)
            .expect("the record is valid");
        let read: Sample = model.read(&changed).expect("a sample");
        assert_eq!(
            (read.name.as_deref(), &*read.kind, read.life, read.weight),
            (Some("Bob"), "dragon", 3, 1.5)
        );
    }
}
