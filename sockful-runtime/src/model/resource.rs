//! The traits that the macros implement for resources.

use crate::core::json::object::Object;
use crate::model::codec::Codec;
use crate::model::definition::ResourceDef;
use crate::model::key::Key;
use crate::model::reader::Reader;
use crate::model::record::RecordBuilder;
use crate::model::validation::TypedFaults;
use std::fmt;

/// A struct whose records are served. Implemented by `#[derive(Resource)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource",
    label = "lacks `#[derive(Resource)]`",
    note = "write #[derive(serde::Serialize, serde::Deserialize, sockful::Resource)] above the struct `{Self}`"
)]
pub trait Resource: Sized + Send + Sync + 'static {
    /// The type of its id.
    type Id: Key;
    /// What creating one takes.
    type New: Changes;
    /// What changing one takes.
    type Patch: Changes;
    /// Its name on the wire. It stands alone, so that children can name their parents.
    const NAME: &'static str;
    /// What is known of it at compile time.
    const DEFINITION: &'static ResourceDef;

    /// Takes the properties from `reader`, all of them even after a fault, in their order.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;

    /// Puts the properties into `writer`, in their order.
    fn write(&self, writer: &mut Writer);
}

impl ResourceDef {
    /// The definition of a resource that has nothing but a name and an id.
    pub const fn of<R: Resource>() -> Self {
        Self {
            key: <R::Id as Key>::KIND,
            ..Self::stub(R::NAME, R::NAME)
        }
    }
}

/// Some properties of a resource, such as the generated `NewCreature` and `CreaturePatch` hold.
pub trait Changes: Send {
    /// Puts what is given into `given`, in the order of the properties.
    fn write(&self, given: &mut PayloadWriter);
}

/// Shows `changes` as a struct called `name`, with what is given; what is never sent is not shown in logs either.
///
/// # Errors
///
/// Those of `f`.
pub fn show<R: Resource>(
    name: &str,
    changes: &impl Changes,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut given = PayloadWriter::new(R::DEFINITION);
    changes.write(&mut given);
    let text = given.finish().unwrap_or_default();
    let object = Object::parse(&text).unwrap_or_default();
    let mut shown = f.debug_struct(name);
    for property in R::DEFINITION.properties {
        if let Some(raw) = object.take(property.name) {
            let raw = if property.access.is_sent() {
                raw
            } else {
                "…"
            };
            shown.field(property.name, &format_args!("{raw}"));
        }
    }
    shown.finish()
}

/// Takes the properties of a record, in their order, and makes its text of them.
#[derive(Debug)]
pub struct Writer {
    written: WrittenRecord,
    fault: Option<serde_json::Error>,
}

/// What a record was written as, and what its values themselves had to say on the way.
#[derive(Debug)]
pub(crate) struct WrittenRecord {
    pub(crate) builder: RecordBuilder,
    /// What the rules found that need the value itself, with the property's position.
    pub(crate) typed: Vec<(usize, TypedFaults)>,
    /// The positions of properties whose rules don't hold for this record.
    pub(crate) exempt: Vec<usize>,
    /// The positions of those in which a number stands that is not finite.
    pub(crate) not_finite: Vec<usize>,
}

impl Writer {
    pub(crate) fn new(definition: &'static ResourceDef) -> Self {
        Self {
            written: WrittenRecord {
                builder: RecordBuilder::new(definition),
                typed: Vec::new(),
                exempt: Vec::new(),
                not_finite: Vec::new(),
            },
            fault: None,
        }
    }

    /// Puts the next property.
    pub fn put<T>(&mut self, codec: &Codec<T>, value: &T) {
        let at = self.written.builder.len();
        let typed = codec.check_value(value).map(|typed| (at, typed));
        self.written.typed.extend(typed);
        self.write(codec, value);
    }

    /// Puts the next property, whose rules don't hold for this record.
    pub fn put_unjudged<T>(&mut self, codec: &Codec<T>, value: &T) {
        self.written.exempt.push(self.written.builder.len());
        self.write(codec, value);
    }

    fn write<T>(&mut self, codec: &Codec<T>, value: &T) {
        let at = self.written.builder.len();
        let (fault, not_finite) = (&mut self.fault, &mut self.written.not_finite);
        self.written.builder.put(|out| {
            let start = out.len();
            if let Err(error) = codec.write(value, out) {
                *fault = Some(error);
            } else if !codec.is_finite(value, &out[start..]) {
                not_finite.push(at);
            }
        });
    }

    pub(crate) fn finish(self) -> Result<WrittenRecord, serde_json::Error> {
        match self.fault {
            None => Ok(self.written),
            Some(fault) => Err(fault),
        }
    }
}

/// Takes the properties that are given, in their order, and makes a payload of them.
#[derive(Debug)]
pub struct PayloadWriter {
    definition: &'static ResourceDef,
    next: usize,
    text: Vec<u8>,
    fault: Option<serde_json::Error>,
}

impl PayloadWriter {
    pub(crate) fn new(definition: &'static ResourceDef) -> Self {
        Self {
            definition,
            next: 0,
            text: Vec::new(),
            fault: None,
        }
    }

    /// Puts the next property.
    pub fn put<T>(&mut self, codec: &Codec<T>, value: &T) {
        self.put_if(codec, Some(value));
    }

    /// Puts the next property where there is a value, and leaves it out where there is none.
    pub fn put_if<T>(&mut self, codec: &Codec<T>, value: Option<&T>) {
        let property = &self.definition.properties[self.next];
        self.next += 1;
        let Some(value) = value else { return };
        self.text
            .push(if self.text.is_empty() { b'{' } else { b',' });
        self.text
            .extend_from_slice(format!("\"{}\":", property.name).as_bytes());
        if let Err(error) = codec.write(value, &mut self.text) {
            self.fault = Some(error);
        }
    }

    /// Leaves the next property out.
    pub fn skip(&mut self) {
        self.next += 1;
    }

    pub(crate) fn finish(mut self) -> Result<String, serde_json::Error> {
        self.text
            .extend_from_slice(if self.text.is_empty() { b"{}" } else { b"}" });
        match self.fault {
            None => Ok(String::from_utf8(self.text).unwrap_or_default()),
            Some(fault) => Err(fault),
        }
    }
}
