//! Converts HTML forms to payloads.

use super::members::{ObjectWriter, text};
use serde_json::Value;
use serde_json::value::RawValue;

/// How many references are followed in sequence; a schema may refer to itself.
const MAX_STEPS: usize = 16;

/// How many alternatives of a value are examined.
const MAX_SCHEMAS: usize = 64;

/// The schema of a payload and the description that its references point into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema<'a> {
    described: &'a Value,
    payload: &'a Value,
}

/// The payload for the fields of a form.
pub(super) fn payload(form: &str, schema: Schema<'_>) -> String {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in form_urlencoded::parse(form.as_bytes()) {
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value.into_owned()),
            None => fields.push((name.into_owned(), vec![value.into_owned()])),
        }
    }
    let mut members = ObjectWriter::default();
    for (name, values) in &fields {
        let property = schema.property(name);
        let types = property.map(|it| schema.types(it)).unwrap_or_default();
        let has = |name| types.contains(&name);
        let has_single = ["string", "number", "integer", "boolean"]
            .into_iter()
            .any(has);
        if has("array") && !values[0].starts_with('[') && (values.len() > 1 || !has_single) {
            let items = property.and_then(|it| schema.resolved(it).get("items"));
            let types = items.map(|it| schema.types(it)).unwrap_or_default();
            let each: Vec<_> = values.iter().map(|value| one(value, &types)).collect();
            members.push(name, &format!("[{}]", each.join(",")));
            continue;
        }
        for value in values {
            // A form field without a value was not filled in.
            if !value.is_empty() || has("string") || types.is_empty() {
                members.push(name, &one(value, &types));
            }
        }
    }
    members.to_json()
}

/// A value of one of these types as JSON.
fn one(value: &str, types: &[&str]) -> String {
    let is_text = types.is_empty() || types.contains(&"string");
    match value {
        "on" if types.contains(&"boolean") => "true".to_owned(),
        _ if is_text => text(value),
        _ => match serde_json::from_str::<&RawValue>(value) {
            Ok(raw) => raw.get().to_owned(),
            Err(_) => text(value),
        },
    }
}

impl<'a> Schema<'a> {
    /// The schema of the payload of an action.
    pub(super) fn of(described: &'a Value, resource: &str, action: &str) -> Self {
        let action = &described["resources"][resource]["actions"][action];
        Self {
            described,
            payload: &action["payload"],
        }
    }

    /// The schema of a property of the payload.
    fn property(self, name: &str) -> Option<&'a Value> {
        self.resolved(self.payload).get("properties")?.get(name)
    }

    /// Follows references from a schema to its definition.
    fn resolved(self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..MAX_STEPS {
            let reference = schema.get("$ref").and_then(Value::as_str);
            let pointer = reference.and_then(|reference| reference.strip_prefix('#'));
            match pointer.and_then(|pointer| self.described.pointer(pointer)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// The JSON types that a value may have.
    fn types(self, schema: &'a Value) -> Vec<&'a str> {
        let mut types = Vec::new();
        // A type may refer to itself, so each alternative is examined once.
        let mut all: Vec<&Value> = vec![self.resolved(schema)];
        let mut at = 0;
        while let Some(&schema) = all.get(at) {
            at += 1;
            match schema.get("type") {
                Some(Value::String(one)) => types.push(one.as_str()),
                Some(Value::Array(some)) => types.extend(some.iter().filter_map(Value::as_str)),
                _ => {}
            }
            for joint in ["anyOf", "oneOf"] {
                let each = schema.get(joint).and_then(Value::as_array);
                for schema in each.into_iter().flatten().map(|it| self.resolved(it)) {
                    let is_new = !all.iter().any(|&known| std::ptr::eq(known, schema));
                    if is_new && all.len() < MAX_SCHEMAS {
                        all.push(schema);
                    }
                }
            }
        }
        types
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn form_fields_are_parsed_by_their_schema() {
        let described = json!({"defs": {"payload": {"properties": {
            "name": {"type": "string"},
            "note": {"type": ["string", "null"]},
            "life": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "tame": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
        }}}});
        let payload = json!({"$ref": "#/defs/payload"});
        let schema = Schema {
            described: &described,
            payload: &payload,
        };
        for (form, expected) in [
            ("name=7&life=7", r#"{"name":"7","life":7}"#),
            ("life=&name=", r#"{"name":""}"#),
            ("tame=on", r#"{"tame":true}"#),
            ("tame=false", r#"{"tame":false}"#),
            ("tags=a&tags=1", r#"{"tags":["a","1"]}"#),
            ("life=much&who=7", r#"{"life":"much","who":"7"}"#),
            ("name=a&name=b", r#"{"name":"a","name":"b"}"#),
        ] {
            assert_eq!(super::payload(form, schema), expected, "{form}");
        }
    }

    #[test]
    fn schema_that_refers_to_itself_has_an_end() {
        let described = json!({"defs": {
            "tree": {"anyOf": [
                {"$ref": "#/defs/tree"},
                {"type": "integer"},
                {"oneOf": [{"$ref": "#/defs/tree"}, {"$ref": "#/defs/tree"}]},
            ]},
            "circle": {"$ref": "#/defs/circle"},
            "payload": {"properties": {
                "tree": {"$ref": "#/defs/tree"},
                "circle": {"$ref": "#/defs/circle"},
                "forest": {"type": "array", "items": {"$ref": "#/defs/tree"}},
            }},
        }});
        let payload = json!({"$ref": "#/defs/payload"});
        let schema = Schema {
            described: &described,
            payload: &payload,
        };
        let form = super::payload("tree=7&circle=x&forest=1&forest=2", schema);
        assert_eq!(form, r#"{"tree":7,"circle":"x","forest":[1,2]}"#);
    }
}
