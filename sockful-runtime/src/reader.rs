//! Properties one after the other: from what a request gives, from what is stored, or from defaults.

use crate::codec::Codec;
use crate::declared::{Access, Property};
use crate::error::{Error, Fault, Result};
use crate::object::Object;
use crate::record::Record;
use crate::rules::Kind;
use schemars::{Schema, SchemaGenerator};

/// Gives the values of a table of properties in their order, and collects every fault on the way.
#[derive(Debug)]
pub struct Reader<'a> {
    properties: &'static [Property],
    next: usize,
    source: Source<'a>,
    faults: Vec<Fault>,
}

/// Where the values come from.
#[derive(Debug)]
enum Source<'a> {
    /// As it is stored.
    Stored(&'a Record),
    /// What is given, else the default.
    New { given: &'a Object<'a>, by: Giver },
    /// What is given, else what is stored.
    Changed {
        given: &'a Object<'a>,
        stored: &'a Record,
        by: Giver,
    },
    /// What is given, else the default; what the giver can't set stays as stored.
    Replaced {
        given: &'a Object<'a>,
        stored: &'a Record,
        by: Giver,
    },
    /// No values at all: each property describes itself.
    Described {
        generator: &'a mut SchemaGenerator,
        properties: Vec<DescribedProperty>,
    },
}

/// Who gives the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Giver {
    /// A client, who may set what is settable.
    Client,
    /// The application's own code, which may set everything.
    Server,
}

/// A property with what only its type knows.
#[derive(Debug)]
pub(crate) struct DescribedProperty {
    pub(crate) schema: Schema,
    pub(crate) default: Option<serde_json::Value>,
    pub(crate) has_default: bool,
    pub(crate) nullable: bool,
    pub(crate) kind: Kind,
}

impl<'a> Reader<'a> {
    pub(crate) fn stored(properties: &'static [Property], record: &'a Record) -> Self {
        Self::from(properties, Source::Stored(record))
    }

    pub(crate) fn new(properties: &'static [Property], given: &'a Object<'a>, by: Giver) -> Self {
        Self::from(properties, Source::New { given, by })
    }

    pub(crate) fn changed(
        properties: &'static [Property],
        given: &'a Object<'a>,
        stored: &'a Record,
        by: Giver,
    ) -> Self {
        Self::from(properties, Source::Changed { given, stored, by })
    }

    pub(crate) fn replaced(
        properties: &'static [Property],
        given: &'a Object<'a>,
        stored: &'a Record,
        by: Giver,
    ) -> Self {
        Self::from(properties, Source::Replaced { given, stored, by })
    }

    /// Lets each property of a table describe itself to the reader that `ask` is given.
    pub(crate) fn describe(
        properties: &'static [Property],
        generator: &'a mut SchemaGenerator,
        ask: impl FnOnce(&mut Self),
    ) -> Vec<DescribedProperty> {
        let mut reader = Self::from(
            properties,
            Source::Described {
                generator,
                properties: Vec::new(),
            },
        );
        ask(&mut reader);
        match reader.source {
            Source::Described { properties, .. } => properties,
            _ => Vec::new(),
        }
    }

    fn from(properties: &'static [Property], source: Source<'a>) -> Self {
        Self {
            properties,
            next: 0,
            source,
            faults: Vec::new(),
        }
    }

    /// The value of the next property; `None` where it has a fault, which [`finish`](Self::finish) tells.
    pub fn next<T>(&mut self, codec: &Codec<T>) -> Option<T> {
        let at = self.next;
        self.next += 1;
        let property = &self.properties[at];
        let raw = match &mut self.source {
            Source::Stored(record) => Some(record.value(at)),
            Source::New { given, by } => {
                match given_value(property, given, *by, &mut self.faults) {
                    Given::Value(raw) => Some(raw),
                    Given::Refused => return None,
                    Given::Nothing => None,
                }
            }
            Source::Changed { given, stored, by } => {
                match given_value(property, given, *by, &mut self.faults) {
                    Given::Value(raw) => Some(raw),
                    Given::Refused => return None,
                    Given::Nothing => Some(stored.value(at)),
                }
            }
            Source::Replaced { given, stored, by } => {
                match given_value(property, given, *by, &mut self.faults) {
                    Given::Value(raw) => Some(raw),
                    // Who saves a record as it was read gives back what can't be set as well.
                    Given::Refused
                        if is_same(codec, given.take(property.name), stored.value(at)) =>
                    {
                        self.faults.pop();
                        Some(stored.value(at))
                    }
                    Given::Refused => return None,
                    Given::Nothing if may_set(property, *by) => None,
                    Given::Nothing => Some(stored.value(at)),
                }
            }
            Source::Described {
                generator,
                properties,
            } => {
                properties.push(if property.access.is_sent() {
                    DescribedProperty::of(codec, generator)
                } else {
                    // What clients never see leaves no definitions among those that they are sent.
                    DescribedProperty::of(codec, &mut generator.clone())
                });
                return None;
            }
        };
        let Some(raw) = raw else {
            // What takes null may be left out; nothing else says that a type is optional.
            let value = codec.default().or_else(|| codec.read("null").ok());
            if value.is_none() {
                self.faults
                    .push(Fault::new(property.name, "required", "is required"));
            }
            return value;
        };
        match codec.read(raw) {
            Ok(value) => Some(value),
            Err(message) => {
                self.faults.push(Fault::new(property.name, "type", message));
                None
            }
        }
    }

    /// Tells every fault, those of properties that nobody knows included.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where there is a fault.
    pub fn finish(mut self) -> Result<()> {
        if let Source::New { given, .. }
        | Source::Changed { given, .. }
        | Source::Replaced { given, .. } = &self.source
        {
            self.faults.extend(given.unknown());
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(self.faults))
        }
    }
}

enum Given<'a> {
    Value(&'a str),
    Refused,
    Nothing,
}

fn may_set(property: &Property, by: Giver) -> bool {
    by == Giver::Server || property.access.is_settable()
}

fn given_value<'a>(
    property: &Property,
    given: &Object<'a>,
    by: Giver,
    faults: &mut Vec<Fault>,
) -> Given<'a> {
    // A private property is one that clients have never heard of: it stays among the unknown.
    if by == Giver::Client && property.access == Access::Private {
        return Given::Nothing;
    }
    match given.take(property.name) {
        Some(raw) if may_set(property, by) => Given::Value(raw),
        Some(_) => {
            faults.push(Fault::new(property.name, "read_only", "can't be set"));
            Given::Refused
        }
        None => Given::Nothing,
    }
}

/// Whether what is given is what is stored, however it is spelt: as `1` for `1.0`, or in another order.
fn is_same<T>(codec: &Codec<T>, given: Option<&str>, stored: &str) -> bool {
    let mut written = Vec::new();
    let value = given.and_then(|raw| codec.read(raw).ok());
    let is_written = value.is_some_and(|value| codec.write(&value, &mut written).is_ok());
    let json = |raw: &[u8]| serde_json::from_slice::<serde_json::Value>(raw).ok();
    is_written && (written == stored.as_bytes() || json(&written) == json(stored.as_bytes()))
}

impl DescribedProperty {
    fn of<T>(codec: &Codec<T>, generator: &mut SchemaGenerator) -> Self {
        let mut default = Vec::new();
        let written = codec
            .default()
            .is_some_and(|value| codec.write(&value, &mut default).is_ok());
        let schema = codec.schema(generator);
        Self {
            kind: Kind::of(&schema, generator.definitions()),
            schema,
            default: written
                .then(|| serde_json::from_slice(&default).ok())
                .flatten(),
            has_default: codec.has_default(),
            nullable: codec.read("null").is_ok(),
        }
    }
}
