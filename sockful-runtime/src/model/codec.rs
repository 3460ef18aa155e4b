//! Reads, writes and describes the values of one type; the derive makes a codec for each property.

use crate::core::bigint::WideInteger;
use crate::core::bounded_text::BoundedText;
use crate::core::error::{Fault, Result, without_line};
use crate::core::json;
use crate::core::json::finite_check;
use crate::model::timestamp::TimestampCodec;
use crate::model::validation::{TypedFaults, explain, unknown};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::fmt;

/// Checks a value. The error describes what is wrong with it.
pub type Conform<T> = fn(&T) -> Result<(), Cow<'static, str>>;

/// Applies a function to each string of a value.
pub type Each<T> = fn(T, fn(String) -> String) -> T;

/// Applies all sanitizers of a property to a value.
pub type Sanitize<T> = fn(T, Each<T>) -> T;

/// Functions for values of type `T`, so that their users need no bounds on `T`.
pub struct Codec<T> {
    read: fn(&str) -> Result<T, String>,
    write: fn(&T, &mut Vec<u8>) -> serde_json::Result<()>,
    /// Serializes a result, and fails as soon as the text exceeds a limit.
    write_bounded: Option<fn(&T, &mut BoundedText<'_>) -> serde_json::Result<()>>,
    schema: fn(&mut SchemaGenerator) -> Schema,
    is_finite: fn(&T) -> bool,
    default: Option<fn() -> T>,
    /// Whether the default is constant, so that the description contains it.
    is_default_constant: bool,
    sanitize: Option<(Sanitize<T>, Each<T>)>,
    conform: Option<Conform<T>>,
    nested: Option<fn(&T) -> Vec<Fault>>,
    timestamp: Option<TimestampCodec>,
}

impl<T: Serialize + DeserializeOwned + JsonSchema> Codec<T> {
    /// Creates a codec that uses serde and schemars.
    pub const fn new() -> Self {
        Self {
            is_finite: finite_check::is_finite::<T>,
            ..Self::made_of(read::<T>, write::<T>, schema::<T>)
        }
    }
}

impl<T: Serialize + JsonSchema> Codec<T> {
    /// Creates a codec for values that are only sent: results of remote methods, and data of events.
    pub const fn for_results() -> Self {
        Self {
            is_finite: finite_check::is_finite::<T>,
            write_bounded: Some(|value, out| serde_json::to_writer(out, value)),
            ..Self::made_of(
                |_| Err("is never received".to_owned()),
                |value, out| {
                    let mut out = BoundedText::new(out, usize::MAX);
                    serde_json::to_writer(&mut out, value)
                },
                schema::<T>,
            )
        }
    }
}

impl<T: DeserializeOwned + JsonSchema> Codec<T> {
    /// Creates a codec for values that are only received: raw payloads.
    pub const fn for_payloads() -> Self {
        Self::made_of(read::<T>, |_, _| Ok(()), schema::<T>)
    }
}

impl<T: WideInteger> Codec<T> {
    /// Creates a codec for integers that are decimal strings in JSON.
    pub const fn wide() -> Self {
        Self::made_of(
            T::read,
            |value, out| {
                value.write(out);
                Ok(())
            },
            |_| T::schema(),
        )
    }
}

impl<T: Serialize + DeserializeOwned + JsonSchema> Default for Codec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Codec<T> {
    /// Creates a placeholder for use next to a compiler error.
    pub(crate) const fn absent() -> Self {
        Self::made_of(
            |_| Err("can't be deserialized".to_owned()),
            |_, _| Ok(()),
            |_| Schema::default(),
        )
    }

    const fn made_of(
        read: fn(&str) -> Result<T, String>,
        write: fn(&T, &mut Vec<u8>) -> serde_json::Result<()>,
        schema: fn(&mut SchemaGenerator) -> Schema,
    ) -> Self {
        Self {
            read,
            write,
            write_bounded: None,
            schema,
            is_finite: |_| true,
            default: None,
            is_default_constant: false,
            sanitize: None,
            conform: None,
            nested: None,
            timestamp: None,
        }
    }

    /// Sets a constant default.
    #[must_use]
    pub const fn with_default(mut self, default: fn() -> T) -> Self {
        self.default = Some(default);
        self.is_default_constant = true;
        self
    }

    /// Sets a default that may differ each time.
    #[must_use]
    pub const fn with_computed_default(self, default: fn() -> T) -> Self {
        self.with_computed_default_if(Some(default))
    }

    /// Sets a computed default, if there is one.
    #[must_use]
    pub const fn with_computed_default_if(mut self, default: Option<fn() -> T>) -> Self {
        self.default = default;
        self.is_default_constant = false;
        self
    }

    /// Sets the sanitizer of values in payloads.
    #[must_use]
    pub const fn with_sanitizer(mut self, sanitize: Sanitize<T>, each: Each<T>) -> Self {
        self.sanitize = Some((sanitize, each));
        self
    }

    /// Sets the function that checks a value.
    #[must_use]
    pub const fn with_conform(mut self, conform: Conform<T>) -> Self {
        self.conform = Some(conform);
        self
    }

    /// Sets the function that finds faults inside a value.
    #[must_use]
    pub const fn with_nested(mut self, nested: fn(&T) -> Vec<Fault>) -> Self {
        self.nested = Some(nested);
        self
    }

    /// Sets how the server writes timestamps.
    #[must_use]
    pub(crate) const fn with_timestamp(mut self, timestamp: TimestampCodec) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Returns how the server writes timestamps.
    pub(crate) fn timestamp(&self) -> TimestampCodec {
        self.timestamp.unwrap_or(TimestampCodec::INTEGER)
    }

    /// Applies the sanitizers.
    pub(crate) fn sanitize(&self, value: T) -> T {
        match self.sanitize {
            Some((sanitize, each)) => sanitize(value, each),
            None => value,
        }
    }

    /// Checks the rules that need the Rust value. Returns `None` if the property has none.
    pub(crate) fn check_value(&self, value: &T) -> Option<TypedFaults> {
        if self.conform.is_none() && self.nested.is_none() {
            return None;
        }
        Some(TypedFaults {
            conform: self.conform.and_then(|conform| conform(value).err()),
            nested: self.nested.map(|nested| nested(value)).unwrap_or_default(),
        })
    }

    /// Explains why [`read`](Self::read) rejected `raw` with `message`, as a fault at `path`.
    pub(crate) fn fault(&self, path: &str, raw: &str, message: &str) -> Fault {
        let mut generator = SchemaGenerator::default();
        let schema = self.schema(&mut generator).to_value();
        let value = serde_json::from_str(raw).ok();
        let fault = value.and_then(|value| explain(&schema, generator.definitions(), &value, path));
        let fault = fault.map(|fault| match &*fault.rule {
            // The schema of a map lists the variants of an enum like the properties of a struct.
            "unknown" if message.starts_with("unknown variant") => {
                let message = "is not a valid key of this map, which has the keys of an enum";
                Fault::new(fault.path, "type", message)
            }
            _ => fault,
        });
        fault.unwrap_or_else(|| {
            // Messages about wide integers are our own already, others are serde's.
            let is_ours = message.starts_with("is ");
            let serde = || format!("is invalid: {message}");
            let message = if is_ours { message.to_owned() } else { serde() };
            Fault::new(path, "type", message)
        })
    }

    /// Like [`fault`](Self::fault), for a value that is never sent: the message and the path must not
    /// quote it, since faults are sent and logged.
    pub(crate) fn redacted_fault(&self, name: &str, raw: &str) -> Fault {
        const MESSAGE: &str = "is of the wrong type";
        let fault = self.fault(name, raw, MESSAGE);
        if fault.path == name {
            return fault;
        }
        Fault::new(name, "type", MESSAGE)
    }

    /// Like [`fault`](Self::fault), for a raw payload, which has no name of its own.
    pub(crate) fn payload_fault(&self, raw: &str, message: &str) -> Fault {
        let mut fault = self.fault("", raw, message);
        if fault.path.is_empty() {
            fault.message = format!("the payload {}", fault.message).into();
        }
        fault
    }

    pub(crate) fn read(&self, raw: &str) -> Result<T, String> {
        (self.read)(raw)
    }

    pub(crate) fn write(&self, value: &T, out: &mut Vec<u8>) -> serde_json::Result<()> {
        (self.write)(value, out)
    }

    /// Writes a value. A result that exceeds `max` bytes is an I/O error.
    pub(crate) fn write_bounded(
        &self,
        value: &T,
        out: &mut Vec<u8>,
        max: usize,
    ) -> serde_json::Result<()> {
        match self.write_bounded {
            Some(write) => write(value, &mut BoundedText::new(out, max)),
            None => (self.write)(value, out),
        }
    }

    /// Returns a fault for each property inside `raw` that the type ignores. `value` is the value that
    /// was read from `raw`.
    pub(crate) fn unknown_parts(&self, path: &str, raw: &str, value: &T) -> Vec<Fault> {
        let mut json = Vec::new();
        if self.write(value, &mut json).is_err() || json == raw.as_bytes() {
            return Vec::new();
        }
        let (Ok(given), Ok(written)) = (serde_json::from_str(raw), serde_json::from_slice(&json))
        else {
            return Vec::new();
        };
        let schema = || {
            let mut generator = SchemaGenerator::default();
            let schema = self.schema(&mut generator).to_value();
            (schema, generator.take_definitions(true))
        };
        let reads = |value: &serde_json::Value| {
            let read = self.read(&value.to_string()).ok()?;
            let mut json = Vec::new();
            self.write(&read, &mut json).ok()?;
            serde_json::from_slice(&json).ok()
        };
        unknown(path, &given, raw.len(), &written, schema, reads)
    }

    /// Returns whether `value`, written as `json`, contains neither NaN nor infinity. They are null in
    /// JSON, so a text without null needs no further check.
    pub(crate) fn is_finite(&self, value: &T, json: &[u8]) -> bool {
        !json.windows(4).any(|part| part == b"null") || (self.is_finite)(value)
    }

    /// Returns the schema of the values.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    pub(crate) fn default(&self) -> Option<T> {
        self.default.map(|default| default())
    }

    pub(crate) fn is_default_constant(&self) -> bool {
        self.is_default_constant
    }

    pub(crate) fn has_default(&self) -> bool {
        self.default.is_some()
    }
}

/// The operations of a codec on the operands of its property, with the type erased.
pub(crate) trait OperandCodec {
    /// Returns the JSON that a property with the value `raw` stores, after sanitizing if `sanitizes`;
    /// `None` if `raw` is not a value of the type.
    fn normalize(&self, raw: &str, sanitizes: bool) -> Option<String>;

    /// Explains why [`normalize`](Self::normalize) returned `None`.
    fn refusal(&self, raw: &str) -> Cow<'static, str>;
}

impl<T> OperandCodec for Codec<T> {
    fn normalize(&self, raw: &str, sanitizes: bool) -> Option<String> {
        let value = self.read(raw).ok()?;
        let value = if sanitizes {
            self.sanitize(value)
        } else {
            value
        };
        let mut json = Vec::new();
        self.write(&value, &mut json).ok()?;
        let json = String::from_utf8(json).ok()?;
        self.is_finite(&value, json.as_bytes()).then_some(json)
    }

    fn refusal(&self, raw: &str) -> Cow<'static, str> {
        match self.read(raw) {
            Err(message) => self.fault("", raw, &message).message,
            Ok(_) => "is not a value that can be stored".into(),
        }
    }
}

impl<T> fmt::Debug for Codec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec").finish_non_exhaustive()
    }
}

fn read<T: DeserializeOwned>(raw: &str) -> Result<T, String> {
    serde_json::from_str(raw).or_else(|error| {
        // Serde accepts an integer only in digits.
        let digits = json::normalize_integers(raw);
        let again = digits.and_then(|digits| serde_json::from_str(&digits).ok());
        again.ok_or_else(|| without_line(&error))
    })
}

fn write<T: Serialize>(value: &T, out: &mut Vec<u8>) -> serde_json::Result<()> {
    serde_json::to_writer(out, value)
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
