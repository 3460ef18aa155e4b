//! Closes nested objects in a description: they have no properties other than those listed.
//!
//! Schemars leaves this open, since serde ignores unknown properties; the server rejects them. A type
//! that accepts unknown properties has `additionalProperties: true`. The schemas that a raw payload
//! refers to stay unchanged, since only its type reads it.

use serde_json::{Map, Value};
use std::collections::HashSet;

/// Keywords that combine schemas of one value.
const COMBINED: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Closes each object in a description whose properties are all listed.
pub(super) fn close_nested(body: &mut Value) {
    let mut parts = HashSet::new();
    find_parts(body, false, &mut parts);
    let mut raw = HashSet::new();
    for action in actions(body) {
        if let Some(payload) = raw_payload(action) {
            find_referred(payload, &body["$defs"], &mut raw);
        }
    }
    let definitions = body.get_mut("$defs").and_then(Value::as_object_mut);
    for (name, schema) in definitions.into_iter().flatten() {
        if !raw.contains(name) {
            close(schema, parts.contains(name));
        }
    }
    let resources = body.get_mut("resources").and_then(Value::as_object_mut);
    for (_, resource) in resources.into_iter().flatten() {
        for key in ["record", "events"] {
            resource
                .get_mut(key)
                .into_iter()
                .for_each(|it| close(it, false));
        }
        let actions = resource.get_mut("actions").and_then(Value::as_object_mut);
        for (_, action) in actions.into_iter().flatten() {
            let is_raw = raw_payload(action).is_some();
            let payload = action.get_mut("payload").filter(|_| !is_raw);
            if let Some(payload) = payload {
                close(payload, false);
            }
            action
                .get_mut("result")
                .into_iter()
                .for_each(|it| close(it, false));
        }
    }
}

fn actions(body: &Value) -> impl Iterator<Item = &Value> {
    let resources = body.get("resources").and_then(Value::as_object);
    let resources = resources.into_iter().flat_map(Map::values);
    let actions = resources.filter_map(|resource| resource.get("actions")?.as_object());
    actions.flat_map(Map::values)
}

/// Returns the payload schema of an action if it leaves additional properties open, as only raw
/// payloads do: payloads of properties or parameters are closed.
fn raw_payload(action: &Value) -> Option<&Value> {
    let payload = action.get("payload")?;
    payload
        .get("additionalProperties")
        .is_none()
        .then_some(payload)
}

/// Collects the names of the definitions that a schema refers to, also through others.
fn find_referred(schema: &Value, definitions: &Value, found: &mut HashSet<String>) {
    match schema {
        Value::Array(items) => items
            .iter()
            .for_each(|it| find_referred(it, definitions, found)),
        Value::Object(keywords) => {
            let target = keywords.get("$ref").and_then(Value::as_str);
            let name = target.and_then(|path| path.strip_prefix("#/$defs/"));
            if let Some(name) = name.filter(|name| found.insert((*name).to_owned())) {
                find_referred(&definitions[name], definitions, found);
            }
            keywords
                .values()
                .for_each(|it| find_referred(it, definitions, found));
        }
        _ => {}
    }
}

/// Collects the names of definitions that describe only a part of an object.
fn find_parts(schema: &Value, is_part: bool, parts: &mut HashSet<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| find_parts(item, false, parts)),
        Value::Object(keywords) => {
            let has_more = is_part || lists_properties(keywords);
            let target = keywords.get("$ref").and_then(Value::as_str);
            let name = target.and_then(|path| path.strip_prefix("#/$defs/"));
            parts.extend(name.filter(|_| has_more).map(ToOwned::to_owned));
            for (key, value) in keywords {
                match value {
                    Value::Array(schemas) if COMBINED.contains(&&**key) => {
                        let is_part = has_more || key == "allOf" && schemas.len() > 1;
                        for schema in schemas {
                            find_parts(schema, is_part, parts);
                        }
                    }
                    value => find_parts(value, false, parts),
                }
            }
        }
        _ => {}
    }
}

fn close(schema: &mut Value, is_part: bool) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| close(item, false)),
        Value::Object(keywords) => {
            let is_object = lists_properties(keywords);
            let is_combined = keywords.contains_key("$ref")
                || COMBINED.iter().any(|key| keywords.contains_key(*key));
            for (key, value) in &mut *keywords {
                match value {
                    Value::Array(schemas) if COMBINED.contains(&&**key) => {
                        let is_part = is_part || is_object || key == "allOf" && schemas.len() > 1;
                        for schema in schemas {
                            close(schema, is_part);
                        }
                    }
                    // These contain values, not schemas.
                    _ if ["default", "const", "enum", "examples"].contains(&&**key) => {}
                    value => close(value, false),
                }
            }
            let closing_keywords = [
                "additionalProperties",
                "unevaluatedProperties",
                "patternProperties",
            ];
            if is_object
                && !is_part
                && !closing_keywords
                    .iter()
                    .any(|key| keywords.contains_key(*key))
            {
                let key = if is_combined {
                    "unevaluatedProperties"
                } else {
                    "additionalProperties"
                };
                keywords.insert(key.to_owned(), false.into());
            }
        }
        _ => {}
    }
}

/// Returns whether a schema describes an object and lists properties.
fn lists_properties(keywords: &Map<String, Value>) -> bool {
    let is_object = match keywords.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => false,
    };
    is_object && keywords.get("properties").is_some_and(Value::is_object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(keywords: &Value) -> Value {
        let mut object = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let (own, more) = (object.as_object_mut(), keywords.as_object());
        own.expect("an object")
            .extend(more.expect("an object").clone());
        object
    }

    #[test]
    fn objects_are_closed_unless_they_are_parts_or_open() {
        let mut body = json!({"$defs": {
            "Plain": object(&json!({})),
            "Part": object(&json!({})),
            "Open": object(&json!({"additionalProperties": true})),
            "Map": {"type": "object", "additionalProperties": object(&json!({}))},
            "Tagged": {"oneOf": [object(&json!({})), object(&json!({"$ref": "#/$defs/Part"}))]},
            "Flat": object(&json!({"oneOf": [object(&json!({})), {"$ref": "#/$defs/Part"}]})),
            "Option": {"anyOf": [{"$ref": "#/$defs/Plain"}, {"type": "null"}]},
            "Raw": object(&json!({})),
        }, "resources": {"x": {"actions": {
            "do": {"payload": {
                "type": "object", "properties": {"it": object(&json!({}))}, "additionalProperties": false,
            }},
            "import": {"payload": object(&json!({"properties": {"it": {"$ref": "#/$defs/Raw"}}}))},
        }}}});
        close_nested(&mut body);
        let closed = json!({"additionalProperties": false});
        let unevaluated = json!({"unevaluatedProperties": false});
        let defs = &body["$defs"];
        assert_eq!(defs["Plain"], object(&closed));
        assert_eq!(defs["Part"], object(&json!({})));
        assert_eq!(defs["Open"], object(&json!({"additionalProperties": true})));
        assert_eq!(defs["Map"]["additionalProperties"], object(&closed));
        assert_eq!(defs["Tagged"]["oneOf"][0], object(&closed));
        assert_eq!(
            defs["Tagged"]["oneOf"][1]["unevaluatedProperties"],
            unevaluated["unevaluatedProperties"]
        );
        assert_eq!(defs["Flat"]["oneOf"][0], object(&json!({})));
        assert_eq!(defs["Flat"]["unevaluatedProperties"], false);
        let payload = &body["resources"]["x"]["actions"]["do"]["payload"];
        assert_eq!(payload["properties"]["it"], object(&closed));
        assert_eq!(defs["Raw"], object(&json!({})));
    }
}
