//! How values of one type are read, written and described. The derive makes one for each property.

use crate::error::{Result, without_line};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// The functions for values of type `T`, so that what uses them needs no bounds on `T`.
pub struct Codec<T> {
    read: fn(&str) -> Result<T, String>,
    write: fn(&T, &mut Vec<u8>) -> serde_json::Result<()>,
    schema: fn(&mut SchemaGenerator) -> Schema,
    default: Option<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned + JsonSchema> Codec<T> {
    /// The codec that serde and schemars give.
    pub const fn new() -> Self {
        Self {
            read: read::<T>,
            write: write::<T>,
            schema: schema::<T>,
            default: None,
        }
    }
}

impl<T: Serialize + JsonSchema> Codec<T> {
    /// A codec for values that only leave: results of remote methods.
    pub const fn for_results() -> Self {
        Self {
            read: |_| Err("is only sent".to_owned()),
            write: write::<T>,
            schema: schema::<T>,
            default: None,
        }
    }
}

impl<T: Serialize + DeserializeOwned + JsonSchema> Default for Codec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Codec<T> {
    /// A codec that only stands in for one, beside an error of the compiler.
    pub(crate) const fn absent() -> Self {
        Self {
            read: |_| Err("can't be read".to_owned()),
            write: |_, _| Ok(()),
            schema: |_| Schema::default(),
            default: None,
        }
    }

    /// The same, with a value for where none is given.
    #[must_use]
    pub const fn with_default(mut self, default: fn() -> T) -> Self {
        self.default = Some(default);
        self
    }

    /// The same, with a value for where none is given, if there is one.
    #[must_use]
    pub const fn with_default_if(mut self, default: Option<fn() -> T>) -> Self {
        self.default = default;
        self
    }

    pub(crate) fn read(&self, raw: &str) -> Result<T, String> {
        (self.read)(raw)
    }

    pub(crate) fn write(&self, value: &T, out: &mut Vec<u8>) -> serde_json::Result<()> {
        (self.write)(value, out)
    }

    /// The schema of the values.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    pub(crate) fn default(&self) -> Option<T> {
        self.default.map(|default| default())
    }

    pub(crate) fn has_default(&self) -> bool {
        self.default.is_some()
    }
}

impl<T> fmt::Debug for Codec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec").finish_non_exhaustive()
    }
}

fn read<T: DeserializeOwned>(raw: &str) -> Result<T, String> {
    serde_json::from_str(raw).map_err(|error| without_line(&error))
}

fn write<T: Serialize>(value: &T, out: &mut Vec<u8>) -> serde_json::Result<()> {
    serde_json::to_writer(out, value)
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
