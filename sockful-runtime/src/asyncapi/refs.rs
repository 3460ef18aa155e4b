//! Where a schema of the description stands in the document.

use serde_json::{Map, Value, json};

/// A reference to the schema of this name.
pub(super) fn schema(key: &str) -> Value {
    json!({"$ref": place(key)})
}

/// The name of a definition; it has a dot, which no name of a resource has.
pub(super) fn definition(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    format!("type.{name}")
}

/// The schema, with references to where things stand here.
pub(super) fn moved(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(moved).collect(),
        Value::Object(map) => {
            // What stood for the slots of a tuple, and for what follows on them, has other names here.
            let is_tuple = map.contains_key("prefixItems");
            let pairs = map.iter().map(|(key, value)| match (key.as_str(), value) {
                ("$ref", Value::String(at)) => (key.clone(), referred(at).into()),
                ("prefixItems", slots) => ("items".to_owned(), moved(slots)),
                ("items", rest) if is_tuple => ("additionalItems".to_owned(), moved(rest)),
                _ => (key.clone(), moved(value)),
            });
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The schema of a result, in which a record may be less than whole, or more.
pub(super) fn shown(schema: &Value) -> Value {
    match moved(schema) {
        Value::Object(mut map) => {
            for (key, value) in &mut map {
                match value {
                    Value::String(at) if key == "$ref" => {
                        if let Some(resource) = at.strip_suffix(".record") {
                            *at = format!("{resource}.shown");
                        }
                    }
                    value => *value = shown(value),
                }
            }
            Value::Object(map)
        }
        Value::Array(items) => items.iter().map(shown).collect(),
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
