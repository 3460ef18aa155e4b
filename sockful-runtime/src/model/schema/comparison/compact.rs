//! Removes from a description the parts that are not compared.

use serde_json::{Map, Value};

/// Keywords that are documentation, or concern the whole document.
const ANNOTATIONS: [&str; 6] = [
    "title",
    "description",
    "examples",
    "deprecated",
    "$schema",
    "$comment",
];

/// Actions whose schemas are the same in every resource, or follow from its record.
const CORE: [&str; 7] = [
    "get",
    "find",
    "all",
    "count",
    "destroy",
    "subscribe",
    "unsubscribe",
];

/// Returns the parts of a description that are compared, so that clients send a small one.
pub(crate) fn compact(description: &Value) -> Value {
    let mut compact = Map::new();
    for key in ["resources", "$defs"] {
        let Some(Value::Object(entries)) = description.get(key) else {
            // Invalid descriptions are rejected later, by the comparison.
            compact.extend(description.get(key).map(|it| (key.to_owned(), it.clone())));
            continue;
        };
        let entries = entries.iter().map(|(name, entry)| {
            let entry = match key {
                "resources" => resource(entry),
                _ => schema(entry),
            };
            (name.clone(), entry)
        });
        compact.insert(key.to_owned(), Value::Object(entries.collect()));
    }
    Value::Object(compact)
}

fn resource(given: &Value) -> Value {
    let mut resource = given.clone();
    let Some(parts) = resource.as_object_mut() else {
        return resource;
    };
    parts.retain(|key, _| matches!(key.as_str(), "record" | "actions" | "events"));
    if let Some(record) = parts.get_mut("record") {
        *record = schema(record);
    }
    for key in ["actions", "events"] {
        let entries = parts.get_mut(key).and_then(Value::as_object_mut);
        for (name, entry) in entries.into_iter().flatten() {
            if let Some(entry) = entry.as_object_mut() {
                entry.retain(|part, value| is_compared(key, name, part, value));
                entry.values_mut().for_each(|part| *part = schema(part));
            }
        }
    }
    resource
}

/// Returns whether a part of an action or an event does not follow from other parts.
fn is_compared(kind: &str, name: &str, part: &str, value: &Value) -> bool {
    match (kind, part) {
        ("events", _) => part == "data",
        (_, "payload") => {
            let follows = name == "save" && value.get("$ref").is_some();
            !CORE.contains(&name) && !follows
        }
        (_, "result") => !CORE.contains(&name) && !["create", "update", "save"].contains(&name),
        _ => false,
    }
}

/// Removes the annotations from a schema, but not properties of the same names.
pub(crate) fn schema(given: &Value) -> Value {
    match given {
        Value::Array(schemas) => schemas.iter().map(schema).collect(),
        Value::Object(keywords) => keywords
            .iter()
            .filter(|(key, _)| !ANNOTATIONS.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), keyword(key, value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn keyword(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("const" | "enum" | "default" | "required", value) => value.clone(),
        ("properties" | "patternProperties", Value::Object(properties)) => properties
            .iter()
            .map(|(name, property)| (name.clone(), schema(property)))
            .collect::<Map<_, _>>()
            .into(),
        (_, value) => schema(value),
    }
}
