//! JSON Schema of raw payloads, which a remote method takes as one parameter.

use crate::model::reader::DescribedProperty;
use serde_json::{Map, Value, json};

type Definitions = Map<String, Value>;

/// Checks that a payload can be read as this type, as far as its schema shows.
///
/// # Errors
///
/// The reason, if no payload can.
pub(crate) fn check(
    payload: &DescribedProperty,
    id: Option<&str>,
    definitions: &Definitions,
) -> Result<(), String> {
    // An empty name means any type.
    let mut types = payload.types.iter();
    if !types.any(|name| name == "object" || name.is_empty()) {
        return Err("is not an object; use a struct or a map".to_owned());
    }
    match id {
        Some(id) if has(payload.schema.as_value(), id, definitions) => Err(format!(
            "has a property `{id}`, which addresses the record; rename the property"
        )),
        _ => Ok(()),
    }
}

/// Returns the schema of a raw payload, with the name and the schema of the record's id.
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
    let rest = admitting(own, id, definitions, &mut Vec::new()).unwrap_or_else(|| own.clone());
    json!({
        "type": "object",
        "properties": {id: schema},
        "required": [id],
        "allOf": [rest],
    })
}

/// Returns a schema that also accepts the property `id`, or `None` if the given one already does: an
/// object that excludes other properties has to list it.
///
/// `following` holds the references on the current path: a recursive type contains them more than once,
/// and each of its alternatives would multiply the work.
fn admitting<'a>(
    schema: &'a Value,
    id: &str,
    definitions: &'a Definitions,
    following: &mut Vec<&'a str>,
) -> Option<Value> {
    let mut own = schema.as_object()?.clone();
    let mut is_changed = false;
    for part in ["allOf", "anyOf", "oneOf"] {
        let parts = schema.get(part).and_then(Value::as_array);
        for (at, part_of) in parts.into_iter().flatten().enumerate() {
            if let Some(admitting) = admitting(part_of, id, definitions, following) {
                own[part][at] = admitting;
                is_changed = true;
            }
        }
    }
    let name = schema.get("$ref").and_then(Value::as_str);
    let target = target(schema, definitions).zip(name);
    let target = target.filter(|(_, name)| !following.contains(name));
    let target = target.and_then(|(target, name)| {
        following.push(name);
        let admitting = admitting(target, id, definitions, following);
        following.pop();
        admitting
    });
    if let Some(target) = target {
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
fn has(schema: &Value, name: &str, definitions: &Definitions) -> bool {
    // A type may refer to itself, so each part is visited once.
    let mut all = vec![schema];
    let mut at = 0;
    while let Some(&schema) = all.get(at) {
        at += 1;
        if schema["properties"].get(name).is_some() {
            return true;
        }
        let parts = ["allOf", "anyOf", "oneOf"];
        let parts = parts.iter().filter_map(|part| schema.get(part)?.as_array());
        for part in parts.flatten().chain(target(schema, definitions)) {
            if !all.iter().any(|&known| std::ptr::eq(known, part)) {
                all.push(part);
            }
        }
    }
    false
}

fn target<'a>(schema: &Value, definitions: &'a Definitions) -> Option<&'a Value> {
    let reference = schema.get("$ref")?.as_str()?;
    definitions.get(reference.rsplit('/').next()?)
}
