//! JSON Schema of raw payloads, which a remote method takes as one parameter.

use crate::model::reader::DescribedProperty;
use serde_json::{Map, Value, json};

/// The maximum number of references that are followed.
const MAX_DEPTH: u8 = 16;

type Definitions = Map<String, Value>;

/// Checks that a payload can be read as this type, as far as its schema says.
///
/// # Errors
///
/// The reason if none can.
pub(crate) fn check(
    payload: &DescribedProperty,
    id: Option<&str>,
    definitions: &Definitions,
) -> Result<(), String> {
    // An empty name stands for any type.
    let mut types = payload.types.iter();
    if !types.any(|name| name == "object" || name.is_empty()) {
        return Err("is no object; take a struct or a map".to_owned());
    }
    match id {
        Some(id) if has(payload.schema.as_value(), id, definitions, MAX_DEPTH) => Err(format!(
            "has a property `{id}`, which addresses the record; call it otherwise"
        )),
        _ => Ok(()),
    }
}

/// Returns the schema of a raw payload, with the name and the schema of the id beside it.
pub(crate) fn schema(
    payload: &DescribedProperty,
    id: Option<(&str, Value)>,
    definitions: &Definitions,
) -> Value {
    let own = payload.schema.as_value();
    let Some((id, schema)) = id else {
        let is_plain = payload.types.iter().eq(["object"]) && !payload.nullable;
        return match own.clone() {
            Value::Object(mut own) if !is_plain => {
                own.insert("type".to_owned(), "object".into());
                own.into()
            }
            Value::Bool(true) => json!({"type": "object"}),
            own => own,
        };
    };
    let rest = admitting(own, id, definitions, MAX_DEPTH).unwrap_or_else(|| own.clone());
    json!({
        "type": "object",
        "properties": {id: schema},
        "required": [id],
        "allOf": [rest],
    })
}

/// Returns a schema that also accepts the property `id`, or `None` if it does so already: an object
/// that excludes other properties has to list it.
fn admitting(schema: &Value, id: &str, definitions: &Definitions, depth: u8) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let mut own = schema.as_object()?.clone();
    let mut is_changed = false;
    for part in ["allOf", "anyOf", "oneOf"] {
        let parts = own.get_mut(part).and_then(Value::as_array_mut);
        for part in parts.into_iter().flatten() {
            if let Some(admitting) = admitting(part, id, definitions, depth) {
                *part = admitting;
                is_changed = true;
            }
        }
    }
    let target = target(schema, definitions);
    if let Some(target) = target.and_then(|it| admitting(it, id, definitions, depth)) {
        own.remove("$ref");
        is_changed = true;
        if own.is_empty() {
            return Some(target);
        }
        let all = own.entry("allOf").or_insert_with(|| json!([]));
        all.as_array_mut()?.push(target);
    }
    if ["additionalProperties", "unevaluatedProperties"]
        .iter()
        .any(|key| own.contains_key(*key))
    {
        let known = own.entry("properties").or_insert_with(|| json!({}));
        known.as_object_mut()?.insert(id.to_owned(), true.into());
        is_changed = true;
    }
    is_changed.then(|| own.into())
}

/// Returns whether a schema of an object mentions the property `name`.
fn has(schema: &Value, name: &str, definitions: &Definitions, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let mut parts = ["allOf", "anyOf", "oneOf"]
        .iter()
        .filter_map(|part| schema.get(part)?.as_array())
        .flatten()
        .chain(target(schema, definitions));
    schema["properties"].get(name).is_some()
        || parts.any(|part| has(part, name, definitions, depth))
}

fn target<'a>(schema: &Value, definitions: &'a Definitions) -> Option<&'a Value> {
    let reference = schema.get("$ref")?.as_str()?;
    definitions.get(reference.rsplit('/').next()?)
}
