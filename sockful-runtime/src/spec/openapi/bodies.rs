//! Request bodies: payloads without the properties that the path has.

use super::{OpenApiDocument, moved, records};
use crate::model::resource_model::Model;
use serde_json::{Value, json};

/// How many references are followed; a schema that goes round has no end.
const MAX_STEPS: usize = 16;

/// The schema of the body of a write, from the schema of the payload without the properties
/// that the path contains.
pub(super) fn written(
    document: &OpenApiDocument<'_>,
    model: &Model,
    payload: &Value,
    said: &[&str],
) -> Value {
    let mut body = moved(resolved(document, payload));
    without(&mut body, said);
    records::bound(&mut body, model, document.source.models);
    body
}

/// A payload without some of its properties.
pub(super) fn minus(payload: &Value, said: &[&str]) -> Value {
    let mut body = payload.clone();
    without(&mut body, said);
    body
}

/// Has a property be there.
pub(super) fn require(payload: &mut Value, name: &str) {
    let required = payload["required"].as_array_mut();
    match required {
        Some(names) if names.iter().any(|it| it == name) => {}
        Some(names) => names.push(name.into()),
        None => payload["required"] = json!([name]),
    }
}

/// The arguments of a method, without what the address says; `None` where nothing is left.
pub(super) fn arguments(
    document: &OpenApiDocument<'_>,
    payload: &Value,
    said: &[&str],
) -> Option<Value> {
    let mut body = moved(resolved(document, payload));
    without(&mut body, said);
    let is_closed = body["additionalProperties"] == false && body.get("allOf").is_none();
    let is_empty = body["properties"]
        .as_object()
        .is_some_and(serde_json::Map::is_empty);
    (!(is_closed && is_empty)).then_some(body)
}

/// Whether something must be in it.
pub(super) fn is_required(body: &Value) -> bool {
    let required = body["required"].as_array();
    let is_open = ["$ref", "allOf", "anyOf", "oneOf"]
        .iter()
        .any(|key| body.get(key).is_some());
    required.is_some_and(|names| !names.is_empty()) || is_open
}

/// The body of a request.
pub(super) fn request(schema: &Value, is_required: bool) -> Value {
    json!({"required": is_required, "content": {"application/json": {"schema": schema}}})
}

fn resolved<'a>(document: &OpenApiDocument<'a>, mut schema: &'a Value) -> &'a Value {
    let described = document.source.description.value();
    for _ in 0..MAX_STEPS {
        let reference = schema["$ref"].as_str();
        let pointer = reference.and_then(|reference| reference.strip_prefix("#/resources"));
        match pointer.and_then(|pointer| described["resources"].pointer(pointer)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

/// Takes properties out of the schema of an object.
fn without(schema: &mut Value, names: &[&str]) {
    let Value::Object(own) = schema else {
        return;
    };
    if let Some(properties) = own.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !names.contains(&&**name));
    }
    if let Some(required) = own.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !name.as_str().is_some_and(|name| names.contains(&name)));
    }
    for part in ["allOf", "anyOf", "oneOf"] {
        let parts = own.get_mut(part).and_then(Value::as_array_mut);
        for part in parts.into_iter().flatten() {
            without(part, names);
        }
    }
}
