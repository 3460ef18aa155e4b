//! Properties one after the other: from what a request gives, from what is stored, or from defaults.

mod described;

pub(crate) use described::DescribedProperty;

use crate::core::error::{Error, Fault, Result};
use crate::core::json::object::Object;
use crate::model::codec::Codec;
use crate::model::definition::{Access, Property};
use crate::model::record::Record;
use crate::model::validation;
use schemars::SchemaGenerator;

/// Gives the values of a table of properties in their order, and collects every fault on the way.
#[derive(Debug)]
pub struct Reader<'a> {
    properties: &'static [Property],
    next: usize,
    source: Source<'a>,
    /// Whether values are judged by the rules as they are read, not later with the whole record.
    judges: bool,
    faults: Vec<Fault>,
    /// What of the stored record can't be read, which is no fault of who gives the rest.
    unreadable: Option<Fault>,
}

/// Where the values come from.
#[derive(Debug)]
enum Source<'a> {
    /// As it is stored.
    Stored(&'a Record),
    /// As a server has sent it to a client.
    #[cfg(feature = "client")]
    Sent(&'a Object<'a>),
    /// What is given, and for the rest what there is.
    Given {
        given: &'a Object<'a>,
        by: Origin,
        over: Over<'a>,
    },
    /// No values at all: each property describes itself.
    Described {
        generator: &'a mut SchemaGenerator,
        properties: Vec<DescribedProperty>,
    },
}

impl Source<'_> {
    /// Whether what is given was judged and stored before.
    fn is_older(&self) -> bool {
        let over = match self {
            Self::Given { over, .. } => Some(over),
            _ => None,
        };
        matches!(over, Some(Over::Older))
    }
}

/// What there is where something is given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Over<'a> {
    /// Nothing yet: what is not given takes its default.
    Nothing,
    /// Nothing either, but what is given was stored as it is, when the resource was another.
    Older,
    /// A record of which the rest stays.
    Changed(&'a Record),
    /// A record to replace: properties that the origin can't set stay, the others take their default.
    Replaced(&'a Record),
}

/// Who provides the values of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A client, which may set settable properties only.
    Client,
    /// The application code, which may set every property but the managed ones.
    Server,
}

impl<'a> Reader<'a> {
    pub(crate) fn stored(properties: &'static [Property], record: &'a Record) -> Self {
        Self::from(properties, Source::Stored(record))
    }

    #[cfg(feature = "client")]
    pub(crate) fn sent(properties: &'static [Property], object: &'a Object<'a>) -> Self {
        Self::from(properties, Source::Sent(object))
    }

    pub(crate) fn given(
        properties: &'static [Property],
        given: &'a Object<'a>,
        by: Origin,
        over: Over<'a>,
    ) -> Self {
        Self::from(properties, Source::Given { given, by, over })
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
            judges: false,
            faults: Vec::new(),
            unreadable: None,
        }
    }

    /// The same reader, which judges values by the rules that hold whatever the record is.
    #[must_use]
    pub(crate) fn judging(mut self) -> Self {
        self.judges = true;
        self
    }

    /// Whether nothing has been found that [`finish`](Self::finish) would tell.
    pub(crate) fn is_sound(&self) -> bool {
        let given = match &self.source {
            Source::Given { given, .. } => Some(given),
            _ => None,
        };
        self.faults.is_empty()
            && self.unreadable.is_none()
            && !given.is_some_and(|given| given.has_unknown())
    }

    /// The value of the next property; `None` where it has a fault, which [`finish`](Self::finish) tells.
    pub fn next<T>(&mut self, codec: &Codec<T>) -> Option<T> {
        let at = self.next;
        self.next += 1;
        let property = &self.properties[at];
        let mut is_given = false;
        let raw = match &mut self.source {
            Source::Stored(record) => Some(record.value(at)),
            #[cfg(feature = "client")]
            Source::Sent(object) => object.take(property.name),
            Source::Given { given, .. } if property.is_whole() => {
                let raw = given.rest();
                let whole = codec.read(&raw);
                return whole
                    .map_err(|message| self.faults.push(codec.fault_of_whole(&raw, &message)))
                    .ok();
            }
            Source::Given {
                given,
                over: Over::Older,
                ..
            } => {
                let raw = given.take(property.name);
                is_given = raw.is_some();
                raw.or(property.kept.map(|_| codec.moment().unset))
            }
            Source::Given { given, by, over } => {
                let client_may = match over {
                    Over::Nothing | Over::Older => Access::is_settable,
                    Over::Changed(_) | Over::Replaced(_) => Access::is_changeable,
                };
                let value = given_value(property, given, *by, client_may, &mut self.faults);
                match (value, *over) {
                    (Given::Value(raw), _) => {
                        is_given = true;
                        Some(raw)
                    }
                    // Who saves a record as it was read gives back what can't be set as well.
                    (Given::Refused, Over::Replaced(stored))
                        if is_same(codec, given.take(property.name), stored.value(at)) =>
                    {
                        self.faults.pop();
                        Some(stored.value(at))
                    }
                    (Given::Refused, _) => return None,
                    // It is put in when the record is stored; until then there is no time.
                    (Given::Nothing, Over::Nothing) if property.kept.is_some() => {
                        Some(codec.moment().unset)
                    }
                    (Given::Nothing, Over::Nothing | Over::Older) => None,
                    // What is never sent could not have been given back.
                    (Given::Nothing, Over::Replaced(_))
                        if property.access.is_sent() && may_set(property, *by, client_may) =>
                    {
                        None
                    }
                    (Given::Nothing, Over::Changed(stored) | Over::Replaced(stored)) => {
                        Some(stored.value(at))
                    }
                }
            }
            Source::Described {
                generator,
                properties,
            } => {
                properties.push(DescribedProperty::of(property, codec, generator));
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
            Ok(value) => {
                let value = if is_given && !self.source.is_older() {
                    codec.sanitize(value)
                } else {
                    value
                };
                let is_told = !property.is_conditional && property.access != Access::Private;
                if self.judges && is_told {
                    judge_value(property, codec, &value, &mut self.faults);
                }
                Some(value)
            }
            Err(message) => {
                let fault = if property.access.is_sent() {
                    codec.fault(property.name, raw, &message)
                } else {
                    codec.fault_untold(property.name, raw)
                };
                match &self.source {
                    Source::Given { .. } if !is_given => self.unreadable = Some(fault),
                    _ => self.faults.push(fault),
                }
                None
            }
        }
    }

    /// Tells every fault, those of properties that nobody knows included.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where there is a fault; an internal one where
    /// it is not what was given that has it.
    pub fn finish(mut self) -> Result<()> {
        if let Some(Fault { path, message, .. }) = self.unreadable {
            return Err(Error::internal(format!(
                "the stored record can't be read: `{path}` {message}"
            )));
        }
        if let Source::Given { given, .. } = &self.source {
            self.faults.extend(given.unknown());
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(self.faults))
        }
    }
}

/// Adds the faults of a value, which the rules see as it would be written.
fn judge_value<T>(property: &Property, codec: &Codec<T>, value: &T, faults: &mut Vec<Fault>) {
    if property.rules.is_empty() {
        return;
    }
    let mut raw = Vec::new();
    if codec.write(value, &mut raw).is_ok() {
        let raw = String::from_utf8(raw).unwrap_or_default();
        let typed = codec.judge(value).unwrap_or_default();
        validation::judge(property, &raw, &typed, faults);
    }
}

enum Given<'a> {
    Value(&'a str),
    Refused,
    Nothing,
}

fn may_set(property: &Property, by: Origin, client_may: fn(Access) -> bool) -> bool {
    property.kept.is_none() && (by == Origin::Server || client_may(property.access))
}

fn given_value<'a>(
    property: &Property,
    given: &Object<'a>,
    by: Origin,
    client_may: fn(Access) -> bool,
    faults: &mut Vec<Fault>,
) -> Given<'a> {
    // A private property is one that clients have never heard of: it stays among the unknown.
    if by == Origin::Client && property.access == Access::Private {
        return Given::Nothing;
    }
    match given.take(property.name) {
        Some(raw) if may_set(property, by, client_may) => Given::Value(raw),
        Some(_) => {
            let (rule, message) = match (property.kept, property.access) {
                (Some(_), _) => ("read_only", "is kept by the server"),
                (None, Access::Immutable) => ("immutable", "is set at creation only"),
                (None, _) => ("read_only", "can't be set"),
            };
            faults.push(Fault::new(property.name, rule, message));
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
