//! Describes one property by its codec: schema, default and JSON types.

use super::check_value;
use crate::core::error::{Error, Fault, Result};
use crate::model::codec::Codec;
use crate::model::definition::{KeyForm, Property};
use crate::model::schema::comparison::schema_alone;
use crate::model::schema::keywords;
use crate::model::timestamp::TimestampCodec;
use crate::model::validation;
use crate::model::validation::JsonKind;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// A property with the information that only its type provides.
#[derive(Debug)]
pub(crate) struct DescribedProperty {
    pub(crate) schema: Schema,
    /// The definitions that the schema refers to.
    definitions: Map<String, Value>,
    /// The default, if it is constant, so that all servers of one program have the same description.
    pub(crate) default: Option<serde_json::Value>,
    pub(crate) has_default: bool,
    pub(crate) nullable: bool,
    pub(crate) kind: JsonKind,
    /// Whether the values are UUIDs, whose stored text is in lower case.
    pub(crate) is_uuid: bool,
    /// The JSON types of the values, without null.
    pub(crate) types: Vec<String>,
    /// How the server writes timestamps into the property.
    pub(crate) timestamp: TimestampCodec,
    /// The violations of the rules by the default.
    pub(crate) default_faults: Vec<Fault>,
}

impl DescribedProperty {
    pub(super) fn of<T>(
        property: &Property,
        codec: &Codec<T>,
        generator: &mut SchemaGenerator,
    ) -> Self {
        if property.access.is_sent() {
            Self::defined(property, codec, generator)
        } else {
            // Definitions of properties that clients never see must not be among those that clients
            // receive.
            Self::defined(property, codec, &mut generator.clone())
        }
    }

    fn defined<T>(property: &Property, codec: &Codec<T>, generator: &mut SchemaGenerator) -> Self {
        let (mut default, mut default_faults) = (Vec::new(), Vec::new());
        let written = codec.default().is_some_and(|value| {
            check_value(property, codec, &value, &mut default_faults);
            codec.is_default_constant() && codec.write(&value, &mut default).is_ok()
        });
        let mut schema = codec.schema(generator);
        if property.key_form == KeyForm::Decimal {
            as_text(&mut schema);
        }
        let types = validation::types(&schema, generator.definitions());
        Self {
            kind: JsonKind::of(&schema, generator.definitions()),
            is_uuid: validation::has_format(&schema, generator.definitions(), "uuid"),
            types: types.into_iter().map(ToOwned::to_owned).collect(),
            definitions: referred(schema.as_value(), generator.definitions()),
            schema,
            timestamp: codec.timestamp(),
            default_faults,
            default: written
                .then(|| serde_json::from_slice(&default).ok())
                .flatten(),
            has_default: codec.has_default(),
            nullable: codec.read("null").is_ok(),
        }
    }

    /// Returns the type and the rules of the property, without descriptive texts.
    pub(crate) fn form(&self, property: &Property) -> Value {
        let mut schema = schema_alone(self.schema.as_value());
        if let Value::Object(schema) = &mut schema {
            keywords::add(property, &self.types, schema);
        }
        let definitions = self.definitions.iter();
        let definitions: Map<_, _> = definitions
            .map(|(name, definition)| (name.clone(), schema_alone(definition)))
            .collect();
        if definitions.is_empty() {
            schema
        } else {
            json!({"schema": schema, "$defs": definitions})
        }
    }

    /// Checks that the default satisfies the rules.
    ///
    /// # Errors
    ///
    /// An error that names the violating default of `whose`, and the reason.
    pub(crate) fn check_default(&self, whose: &str) -> Result<()> {
        match self.default_faults.first() {
            None => Ok(()),
            Some(Fault { path, message, .. }) => Err(Error::internal(format!(
                "the default of `{path}` of `{whose}` {message}"
            ))),
        }
    }
}

/// Describes decimal numbers as strings only: they are sent as strings, since a JSON number may lose
/// digits.
fn as_text(schema: &mut Schema) {
    let types = schema.get_mut("type").and_then(Value::as_array_mut);
    if let Some(types) = types.filter(|types| types.iter().any(|name| name == "string")) {
        types.retain(|name| name != "number");
        if let [one] = &types[..] {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
}

/// Returns the definitions that a schema refers to, directly or through others.
fn referred(schema: &Value, definitions: &Map<String, Value>) -> Map<String, Value> {
    let mut found = Map::new();
    let mut left = vec![schema];
    while let Some(value) = left.pop() {
        if let Some(Value::String(path)) = value.get("$ref")
            && let Some(name) = path.rsplit('/').next()
            && let Some(definition) = definitions.get(name)
            && found.insert(name.to_owned(), definition.clone()).is_none()
        {
            left.push(definition);
        }
        match value {
            Value::Array(values) => left.extend(values),
            Value::Object(members) => left.extend(members.values()),
            _ => {}
        }
    }
    found
}
