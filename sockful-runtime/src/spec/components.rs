//! Turns the schemas of the description into components of an `AsyncAPI` or `OpenAPI` document.

use serde_json::{Map, Value, json};

/// How a document writes its schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Draft 7 of JSON Schema.
    Draft7,
    /// Draft 2020-12, as the description has it.
    Draft2020,
}

/// A reference to the schema of this name.
pub(crate) fn schema(key: &str) -> Value {
    json!({"$ref": place(key)})
}

/// The properties of an object schema.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The schema of the number of a commit.
pub(crate) fn seq() -> Value {
    json!({"type": "integer", "minimum": 0, "description": "the number of a commit"})
}

/// The schema of an error.
pub(crate) fn error() -> Value {
    let fault = json!({
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "rule": {"type": "string"},
            "message": {"type": "string"},
        },
        "required": ["path", "rule", "message"],
    });
    json!({
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "path": {"type": "string"},
            "fields": {"type": "array", "items": fault},
            "limit": {"type": "object"},
            "outcome": {"enum": ["none", "unknown"]},
            "retry_after_ms": {"type": "integer"},
        },
        "required": ["code", "message"],
    })
}

/// The name of a definition; it has a dot, which no name of a resource has.
pub(crate) fn definition(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    format!("type.{name}")
}

/// Returns the schema with its references rewritten for this document.
pub(crate) fn moved(schema: &Value, dialect: Dialect) -> Value {
    let moved = |schema| moved(schema, dialect);
    match schema {
        Value::Array(items) => items.iter().map(moved).collect(),
        Value::Object(map) => {
            // Draft 7 has other names for the slots of a tuple and for the items after them.
            let is_tuple = dialect == Dialect::Draft7 && map.contains_key("prefixItems");
            let pairs = map.iter().map(|(key, value)| match (key.as_str(), value) {
                ("$ref", Value::String(at)) => (key.clone(), referred(at).into()),
                ("prefixItems", slots) if is_tuple => ("items".to_owned(), moved(slots)),
                ("items", rest) if is_tuple => ("additionalItems".to_owned(), moved(rest)),
                _ => (key.clone(), moved(value)),
            });
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The schema of a result, in which a record may be less than whole, or more.
pub(crate) fn shown(schema: &Value, dialect: Dialect) -> Value {
    match moved(schema, dialect) {
        Value::Object(mut map) => {
            for (key, value) in &mut map {
                match value {
                    Value::String(at) if key == "$ref" => {
                        if let Some(resource) = at.strip_suffix(".record") {
                            *at = format!("{resource}.shown");
                        }
                    }
                    value => *value = shown(value, dialect),
                }
            }
            Value::Object(map)
        }
        Value::Array(items) => items.iter().map(|item| shown(item, dialect)).collect(),
        other => other,
    }
}

/// `#/$defs/Mood`, `#/resources/creature/record`, `#/resources/creature/actions/create/payload`.
fn referred(at: &str) -> String {
    if at.starts_with("#/components/") {
        return at.to_owned();
    }
    let mut parts = at.split('/').skip(1);
    let mut next = || parts.next().unwrap_or_default();
    match (next(), next(), next(), next(), next()) {
        ("$defs", name, ..) => place(&definition(&name.replace("~1", "/").replace("~0", "~"))),
        ("resources", resource, "record", ..) => place(&format!("{resource}.record")),
        ("resources", resource, "actions", action, part) => {
            place(&format!("{resource}.{action}.{part}"))
        }
        _ => at.to_owned(),
    }
}

fn place(key: &str) -> String {
    format!("#/components/schemas/{key}")
}
