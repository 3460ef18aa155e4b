//! Reads the properties of a record from a payload, from a stored record or from defaults.

mod described;

pub(crate) use described::DescribedProperty;

use crate::core::error::{Error, Fault, Result};
use crate::core::json::object::Object;
use crate::model::codec::{Codec, OperandCodec};
use crate::model::definition::{Access, Property};
use crate::model::record::Record;
use crate::model::validation;
use schemars::SchemaGenerator;
use std::fmt;

/// Reads the values of a list of properties in order, and collects every fault.
#[derive(Debug)]
pub struct Reader<'a> {
    properties: &'static [Property],
    next: usize,
    source: ValueSource<'a>,
    /// Whether each value is checked against its rules when it is read, instead of later with the
    /// record.
    checks_rules: bool,
    faults: Vec<Fault>,
    /// The first stored value that cannot be read: an internal error, not an error of the payload.
    unreadable: Option<Fault>,
}

/// The source of the values.
#[derive(Debug)]
enum ValueSource<'a> {
    /// A stored record.
    Stored(&'a Record),
    /// A record that a server sent to a client.
    #[cfg(feature = "client")]
    Sent(&'a Object<'a>),
    /// A payload, and the values that it is applied to.
    Given {
        given: &'a Object<'a>,
        origin: Origin,
        base: Base<'a>,
    },
    /// No values: passes the codec of the property at this position to the visitor.
    Codec {
        position: usize,
        visit: CodecVisitor<'a>,
    },
    /// No values: describes each property.
    Described {
        generator: &'a mut SchemaGenerator,
        properties: Vec<DescribedProperty>,
    },
}

/// A function that is called with the codec of a property.
struct CodecVisitor<'a>(&'a mut dyn FnMut(&dyn OperandCodec));

impl fmt::Debug for CodecVisitor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodecVisitor").finish_non_exhaustive()
    }
}

impl ValueSource<'_> {
    /// Whether the value at `position` was sanitized when it was stored.
    fn is_sanitized(&self, position: usize) -> bool {
        match self {
            Self::Given {
                base: Base::Legacy(unsanitized),
                ..
            } => !unsanitized.contains(&position),
            _ => false,
        }
    }
}

/// The values that a payload is applied to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base<'a> {
    /// A new record: a missing property takes its default.
    Empty,
    /// A new record with values that were stored under an earlier definition of the resource. They were
    /// sanitized when they were stored, except those at these positions.
    Legacy(&'a [usize]),
    /// A record to patch: a missing property keeps its value.
    Patched(&'a Record),
    /// A record to replace: properties that the origin cannot set keep their value, others that are
    /// missing take their default.
    Replaced(&'a Record),
}

/// Who provides the values of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A client, which may set settable properties only.
    Client,
    /// The application's code, which may set every property except the managed ones.
    Server,
}

impl<'a> Reader<'a> {
    pub(crate) fn stored(properties: &'static [Property], record: &'a Record) -> Self {
        Self::from(properties, ValueSource::Stored(record))
    }

    #[cfg(feature = "client")]
    pub(crate) fn sent(properties: &'static [Property], object: &'a Object<'a>) -> Self {
        Self::from(properties, ValueSource::Sent(object))
    }

    pub(crate) fn given(
        properties: &'static [Property],
        given: &'a Object<'a>,
        origin: Origin,
        base: Base<'a>,
    ) -> Self {
        Self::from(
            properties,
            ValueSource::Given {
                given,
                origin,
                base,
            },
        )
    }

    /// Calls `visit` with the codec of the property at `position`; `read` must read all properties from
    /// the given reader. Returns `None` if it does not read this property.
    pub(crate) fn with_codec<T>(
        properties: &'static [Property],
        position: usize,
        read: impl FnOnce(&mut Reader<'_>),
        visit: impl FnOnce(&dyn OperandCodec) -> T,
    ) -> Option<T> {
        let (mut visit, mut visited) = (Some(visit), None);
        let mut once = |codec: &dyn OperandCodec| {
            visited = visit.take().map(|visit| visit(codec));
        };
        let visit = CodecVisitor(&mut once);
        read(&mut Reader::from(
            properties,
            ValueSource::Codec { position, visit },
        ));
        visited
    }

    /// Describes each property; `ask` must read all properties from the given reader.
    pub(crate) fn describe(
        properties: &'static [Property],
        generator: &'a mut SchemaGenerator,
        ask: impl FnOnce(&mut Self),
    ) -> Vec<DescribedProperty> {
        let mut reader = Self::from(
            properties,
            ValueSource::Described {
                generator,
                properties: Vec::new(),
            },
        );
        ask(&mut reader);
        match reader.source {
            ValueSource::Described { properties, .. } => properties,
            _ => Vec::new(),
        }
    }

    fn from(properties: &'static [Property], source: ValueSource<'a>) -> Self {
        Self {
            properties,
            next: 0,
            source,
            checks_rules: false,
            faults: Vec::new(),
            unreadable: None,
        }
    }

    /// Makes the reader check each value against the unconditional rules of its property.
    #[must_use]
    pub(crate) fn checking_rules(mut self) -> Self {
        self.checks_rules = true;
        self
    }

    /// Returns whether [`finish`](Self::finish) will succeed.
    pub(crate) fn is_valid(&self) -> bool {
        let given = match &self.source {
            ValueSource::Given { given, .. } => Some(given),
            _ => None,
        };
        self.faults.is_empty()
            && self.unreadable.is_none()
            && !given.is_some_and(|given| given.has_unknown())
    }

    /// Reads the next property. Returns `None` if it has a fault, which [`finish`](Self::finish) reports.
    pub fn next<T>(&mut self, codec: &Codec<T>) -> Option<T> {
        let at = self.next;
        self.next += 1;
        let property = &self.properties[at];
        let mut is_given = false;
        let raw = match &mut self.source {
            ValueSource::Stored(record) => Some(record.value(at)),
            #[cfg(feature = "client")]
            ValueSource::Sent(object) => object.take(property.name),
            ValueSource::Given { given, .. } if property.is_raw_payload() => {
                let raw = given.rest();
                let whole = codec.read(&raw);
                return whole
                    .map_err(|message| self.faults.push(codec.payload_fault(&raw, &message)))
                    .ok();
            }
            ValueSource::Given {
                given,
                base: Base::Legacy(_),
                ..
            } => {
                let raw = given.take(property.name);
                is_given = raw.is_some();
                raw.or(property.managed.map(|_| codec.timestamp().unset))
            }
            ValueSource::Given {
                given,
                origin,
                base,
            } => {
                let client_may = match base {
                    Base::Empty | Base::Legacy(_) => Access::is_settable,
                    Base::Patched(_) | Base::Replaced(_) => Access::is_changeable,
                };
                let value = given_value(property, given, *origin, client_may, &mut self.faults);
                match (value, *base) {
                    (Input::Value(raw), _) => {
                        is_given = true;
                        Some(raw)
                    }
                    // A client that saves a record as it read it sends back read-only values as well.
                    (Input::Refused, Base::Replaced(stored))
                        if is_same(codec, given.take(property.name), stored.value(at)) =>
                    {
                        self.faults.pop();
                        Some(stored.value(at))
                    }
                    (Input::Refused, _) => return None,
                    // The server sets the value when the record is stored.
                    (Input::Missing, Base::Empty) if property.managed.is_some() => {
                        Some(codec.timestamp().unset)
                    }
                    (Input::Missing, Base::Empty | Base::Legacy(_)) => None,
                    // A write-only value is never sent, so a client cannot repeat it.
                    (Input::Missing, Base::Replaced(_))
                        if property.access.is_sent() && may_set(property, *origin, client_may) =>
                    {
                        None
                    }
                    (Input::Missing, Base::Patched(stored) | Base::Replaced(stored)) => {
                        Some(stored.value(at))
                    }
                }
            }
            ValueSource::Codec { position, visit } => {
                if *position == at {
                    (visit.0)(codec);
                }
                return None;
            }
            ValueSource::Described {
                generator,
                properties,
            } => {
                properties.push(DescribedProperty::of(property, codec, generator));
                return None;
            }
        };
        let Some(raw) = raw else {
            // A type that accepts null is optional; nothing else indicates it.
            let value = codec.default().or_else(|| codec.read("null").ok());
            if value.is_none() {
                self.faults
                    .push(Fault::new(property.name, "required", "is required"));
            }
            return value;
        };
        self.value(property, codec, raw, is_given)
    }

    /// Parses the value of a property; `is_given` means that it comes from the payload.
    fn value<T>(
        &mut self,
        property: &Property,
        codec: &Codec<T>,
        raw: &str,
        is_given: bool,
    ) -> Option<T> {
        match codec.read(raw) {
            Ok(value) => {
                let is_stored = matches!(
                    self.source,
                    ValueSource::Given {
                        base: Base::Legacy(_),
                        ..
                    }
                );
                if is_given && !is_stored && raw.contains('{') {
                    let unknown = codec.unknown_parts(property.name, raw, &value);
                    self.faults.extend(unknown);
                }
                let value = if is_given && !self.source.is_sanitized(self.next - 1) {
                    codec.sanitize(value)
                } else {
                    value
                };
                let has_rules = !property.is_conditional && property.access != Access::Private;
                if self.checks_rules && has_rules {
                    check_value(property, codec, &value, &mut self.faults);
                }
                Some(value)
            }
            Err(message) => {
                let fault = if property.access.is_sent() {
                    codec.fault(property.name, raw, &message)
                } else {
                    codec.redacted_fault(property.name, raw)
                };
                match &self.source {
                    ValueSource::Given { .. } if !is_given => self.unreadable = Some(fault),
                    _ => self.faults.push(fault),
                }
                None
            }
        }
    }

    /// Reports every fault, including one for each unknown property.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if there is a fault; an internal error if the
    /// fault is in the stored record.
    pub fn finish(mut self) -> Result<()> {
        if let Some(Fault { path, message, .. }) = self.unreadable {
            return Err(Error::internal(format!(
                "the stored record can't be deserialized: `{path}` {message}"
            )));
        }
        if let ValueSource::Given { given, .. } = &self.source {
            self.faults.extend(given.unknown());
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(self.faults))
        }
    }
}

/// Adds the faults of a value; the rules are checked on its JSON.
fn check_value<T>(property: &Property, codec: &Codec<T>, value: &T, faults: &mut Vec<Fault>) {
    if property.rules.is_empty() {
        return;
    }
    let mut raw = Vec::new();
    if codec.write(value, &mut raw).is_ok() {
        let raw = String::from_utf8(raw).unwrap_or_default();
        let typed = codec.check_value(value).unwrap_or_default();
        validation::check_rules(property, &raw, &typed, faults);
    }
}

/// The input for one property.
enum Input<'a> {
    Value(&'a str),
    /// The origin may not set the property.
    Refused,
    Missing,
}

fn may_set(property: &Property, origin: Origin, client_may: fn(Access) -> bool) -> bool {
    property.managed.is_none() && (origin == Origin::Server || client_may(property.access))
}

fn given_value<'a>(
    property: &Property,
    given: &Object<'a>,
    origin: Origin,
    client_may: fn(Access) -> bool,
    faults: &mut Vec<Fault>,
) -> Input<'a> {
    // Clients do not know private properties, so a private one is reported as unknown.
    if origin == Origin::Client && property.access == Access::Private {
        return Input::Missing;
    }
    match given.take(property.name) {
        Some(raw) if may_set(property, origin, client_may) => Input::Value(raw),
        Some(_) => {
            let (rule, message) = match (property.managed, property.access) {
                (Some(_), _) => ("read_only", "is set by the server"),
                (None, Access::Immutable) => ("immutable", "can be set only at creation"),
                (None, _) => ("read_only", "can't be set"),
            };
            faults.push(Fault::new(property.name, rule, message));
            Input::Refused
        }
        None => Input::Missing,
    }
}

/// Returns whether `given` and `stored` are the same value: `1` equals `1.0`, and the order of map
/// entries is ignored.
fn is_same<T>(codec: &Codec<T>, given: Option<&str>, stored: &str) -> bool {
    let mut written = Vec::new();
    let value = given.and_then(|raw| codec.read(raw).ok());
    let is_written = value.is_some_and(|value| codec.write(&value, &mut written).is_ok());
    let json = |raw: &[u8]| serde_json::from_slice::<serde_json::Value>(raw).ok();
    is_written && (written == stored.as_bytes() || json(&written) == json(stored.as_bytes()))
}
