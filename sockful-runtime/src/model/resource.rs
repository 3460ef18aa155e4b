//! The traits that the macros implement for resources.

use crate::core::json::members::Members;
use crate::core::json::object::Object;
use crate::core::json::span::Span;
use crate::model::codec::Codec;
use crate::model::definition::ResourceDef;
use crate::model::key;
use crate::model::key::Key;
use crate::model::reader::Reader;
use crate::model::record::RecordBuilder;
use crate::model::validation::TypedFaults;
use std::fmt;

/// A struct whose records are served; implemented by `#[derive(Resource)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource",
    label = "has no `#[derive(Resource)]`",
    note = "write #[derive(serde::Serialize, serde::Deserialize, sockful::Resource)] above the struct `{Self}`"
)]
pub trait Resource: Sized + Send + Sync + 'static {
    /// The type of the id.
    type Id: Key;
    /// The payload of `create`: the properties of a new record.
    type New: Changes;
    /// The payload of `update`: the changed properties.
    type Patch: Changes;
    /// The name on the wire. It is a constant of its own so that the definitions of children can use
    /// it.
    const NAME: &'static str;
    /// The definition.
    const DEFINITION: &'static ResourceDef;

    /// Reads all properties from `reader` in order, even after a fault.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;

    /// Writes all properties to `writer` in order.
    fn write(&self, writer: &mut Writer);
}

impl ResourceDef {
    /// Creates the definition of a resource that has only a name and an id.
    pub const fn of<R: Resource>() -> Self {
        Self {
            key: <R::Id as Key>::KIND,
            ..Self::stub(R::NAME, R::NAME)
        }
    }
}

/// A set of property values, such as the generated `NewCreature` and `CreaturePatch`.
pub trait Changes: Send {
    /// Writes the properties that have a value to `given`, in order.
    fn write(&self, given: &mut PayloadWriter);
}

/// Formats `changes` as a struct `name` for `Debug`, without the values of properties that are never
/// sent.
///
/// # Errors
///
/// The errors of `f`.
pub fn show<R: Resource>(
    name: &str,
    changes: &impl Changes,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut given = PayloadWriter::new(R::DEFINITION);
    changes.write(&mut given);
    let (text, members) = given.finish().unwrap_or_default();
    let object = Object::of(&text, &members);
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

/// Writes the properties of a record in order.
#[derive(Debug)]
pub struct Writer {
    written: WrittenRecord,
    fault: Option<serde_json::Error>,
}

/// A written record, with the findings from its Rust values.
#[derive(Debug)]
pub(crate) struct WrittenRecord {
    pub(crate) builder: RecordBuilder,
    /// The faults of rules that need the Rust value, with the position of the property.
    pub(crate) typed: Vec<(usize, TypedFaults)>,
    /// The positions of properties whose rules do not apply to this record.
    pub(crate) exempt: Vec<usize>,
    /// The positions of properties with a number that is not finite.
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

    /// Writes the next property.
    pub fn put<T>(&mut self, codec: &Codec<T>, value: &T) {
        let at = self.written.builder.len();
        let typed = codec.check_value(value).map(|typed| (at, typed));
        self.written.typed.extend(typed);
        self.write(codec, value);
    }

    /// Writes the next property, whose rules do not apply to this record.
    pub fn put_exempt<T>(&mut self, codec: &Codec<T>, value: &T) {
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

/// Writes the properties of a payload in order.
#[derive(Debug)]
pub struct PayloadWriter {
    definition: &'static ResourceDef,
    next: usize,
    text: Vec<u8>,
    members: Members,
    fault: Option<serde_json::Error>,
    /// Whether a client sends it, which leaves out the nulls of properties that it cannot set.
    is_sent: bool,
}

impl PayloadWriter {
    pub(crate) fn new(definition: &'static ResourceDef) -> Self {
        Self {
            definition,
            next: 0,
            text: Vec::new(),
            members: Members::default(),
            fault: None,
            is_sent: false,
        }
    }

    /// One for a payload that a client sends. `None` of an optional property that only the server
    /// sets is omitted: the server rejects such a property whatever its value is.
    #[cfg(feature = "client")]
    pub(crate) fn of_client(definition: &'static ResourceDef) -> Self {
        Self {
            is_sent: true,
            ..Self::new(definition)
        }
    }

    /// Creates a writer whose payload begins with the id of a record.
    pub(crate) fn with_id(definition: &'static ResourceDef, id: &impl Key) -> Self {
        let mut given = Self::new(definition);
        given.member(definition.properties[definition.id].name, |text| {
            text.extend_from_slice(key::json(&id.text(), definition.key).as_bytes());
            Ok(())
        });
        given
    }

    /// Writes the next property.
    pub fn put<T>(&mut self, codec: &Codec<T>, value: &T) {
        let is_settable = self.definition.properties[self.next].access.is_settable();
        let start = self.text.len();
        self.put_if(codec, Some(value));
        if self.is_sent && !is_settable && self.text.ends_with(b":null") {
            self.text.truncate(start);
            self.members.pop();
        }
    }

    /// Writes the next property, or omits it if there is no value.
    pub fn put_if<T>(&mut self, codec: &Codec<T>, value: Option<&T>) {
        let property = &self.definition.properties[self.next];
        self.next += 1;
        if let Some(value) = value {
            self.member(property.name, |text| codec.write(value, text));
        }
    }

    fn member(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>) {
        let text = &mut self.text;
        text.extend_from_slice(if text.is_empty() { b"{\"" } else { b",\"" });
        let key = Span::new(text.len(), text.len() + name.len());
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"\":");
        let start = text.len();
        if let Err(error) = write(text) {
            self.fault = Some(error);
        }
        self.members.push(key, Span::new(start, self.text.len()));
    }

    /// Omits the next property.
    pub fn skip(&mut self) {
        self.next += 1;
    }

    /// Returns the text of the object, and its members.
    pub(crate) fn finish(mut self) -> Result<(String, Members), serde_json::Error> {
        self.text
            .extend_from_slice(if self.text.is_empty() { b"{}" } else { b"}" });
        match self.fault {
            None => Ok((
                String::from_utf8(self.text).unwrap_or_default(),
                self.members,
            )),
            Some(fault) => Err(fault),
        }
    }
}
