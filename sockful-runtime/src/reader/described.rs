//! What a property says of itself.

use super::judge_value;
use crate::codec::Codec;
use crate::declared::Property;
use crate::error::{Error, Fault, Result};
use crate::moment::Moment;
use crate::rules::{self, Kind};
use schemars::{Schema, SchemaGenerator};

/// A property with what only its type knows.
#[derive(Debug)]
pub(crate) struct DescribedProperty {
    pub(crate) schema: Schema,
    /// The default, where it is the same value each time: all servers of one program describe
    /// themselves alike.
    pub(crate) default: Option<serde_json::Value>,
    pub(crate) has_default: bool,
    pub(crate) nullable: bool,
    pub(crate) kind: Kind,
    /// The JSON types that it may have, but null.
    pub(crate) types: Vec<String>,
    /// How the server keeps a time in it.
    pub(crate) moment: Moment,
    /// What the rules say of the default.
    pub(crate) default_faults: Vec<Fault>,
}

impl DescribedProperty {
    pub(super) fn of<T>(
        property: &Property,
        codec: &Codec<T>,
        generator: &mut SchemaGenerator,
    ) -> Self {
        let (mut default, mut default_faults) = (Vec::new(), Vec::new());
        let written = codec.default().is_some_and(|value| {
            judge_value(property, codec, &value, &mut default_faults);
            codec.is_default_constant() && codec.write(&value, &mut default).is_ok()
        });
        let schema = codec.schema(generator);
        let types = rules::types(&schema, generator.definitions());
        Self {
            kind: Kind::of(&schema, generator.definitions()),
            types: types.into_iter().map(ToOwned::to_owned).collect(),
            schema,
            moment: codec.moment(),
            default_faults,
            default: written
                .then(|| serde_json::from_slice(&default).ok())
                .flatten(),
            has_default: codec.has_default(),
            nullable: codec.read("null").is_ok(),
        }
    }

    /// Asks that the default keeps to the rules.
    ///
    /// # Errors
    ///
    /// One that says which default of `whose` does not, and why.
    pub(crate) fn check_default(&self, whose: &str) -> Result<()> {
        match self.default_faults.first() {
            None => Ok(()),
            Some(Fault { path, message, .. }) => Err(Error::internal(format!(
                "the default of `{path}` of `{whose}` {message}"
            ))),
        }
    }
}
