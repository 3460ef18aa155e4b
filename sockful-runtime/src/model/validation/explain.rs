//! Explains why a value does not have the type of its property.

use super::unknown::PathStep;
use crate::core::error::Fault;
use crate::core::json;
use crate::core::json::MAX_EXACT;
use serde_json::{Map, Value};

/// The depth to which a value is explained; a fault below is reported at this depth.
const MAX_DEPTH: u8 = 8;

/// Returns the first fault of `value` under a schema, or `None` if the schema does not explain it.
pub(crate) fn explain(
    schema: &Value,
    definitions: &Map<String, Value>,
    value: &Value,
    path: &str,
) -> Option<Fault> {
    let here = Place {
        parent: None,
        step: PathStep::Name(path),
    };
    Explainer { definitions }.fault(schema, value, &here, MAX_DEPTH)
}

/// The location of a part of a value; its text is created only for a part with a fault.
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: PathStep<'a>,
}

impl<'a> Place<'a> {
    fn item(&'a self, at: usize) -> Self {
        Self {
            parent: Some(self),
            step: PathStep::Item(at),
        }
    }

    fn entry(&'a self, name: &'a str) -> Self {
        Self {
            parent: Some(self),
            step: PathStep::Name(name),
        }
    }

    /// Returns the path; the entries of a raw payload have no prefix.
    fn path(&self) -> String {
        let mut path = self.parent.map(Place::path).unwrap_or_default();
        self.step.add_to(&mut path);
        path
    }
}

struct Explainer<'a> {
    definitions: &'a Map<String, Value>,
}

impl Explainer<'_> {
    fn fault(&self, schema: &Value, value: &Value, place: &Place<'_>, depth: u8) -> Option<Fault> {
        let depth = depth.checked_sub(1)?;
        if value.is_null() && takes_null(schema) {
            return None;
        }
        let schema = super::resolve(schema, self.definitions);
        if let Some(words) = words(schema) {
            let known = value.as_str().is_some_and(|value| words.contains(&value));
            return (!known).then(|| is_not(place, &one_of(&words)));
        }
        let name = match schema.get("type") {
            Some(Value::String(name)) => name.as_str(),
            Some(Value::Array(names)) => names
                .iter()
                .filter_map(Value::as_str)
                .find(|it| *it != "null")?,
            _ => return None,
        };
        match (name, value) {
            ("integer", value) => {
                let (least, most) = integers(schema);
                let fits = |number: i128| (least..=most).contains(&number);
                let number = value
                    .is_number()
                    .then(|| json::integer::<i128>(&value.to_string()))
                    .flatten();
                (!number.is_some_and(fits))
                    .then(|| is_not(place, &format!("an integer from {least} to {most}")))
            }
            ("string", Value::String(_))
            | ("boolean", Value::Bool(_))
            | ("number", Value::Number(_)) => None,
            ("array", Value::Array(items)) => {
                let schema = schema.get("items")?;
                let mut items = items.iter().enumerate();
                items.find_map(|(at, item)| self.fault(schema, item, &place.item(at), depth))
            }
            ("object", Value::Object(entries)) => self.entry(schema, entries, place, depth),
            ("boolean", _) => Some(is_not(place, "true or false")),
            ("array", _) => Some(is_not(place, "an array")),
            ("object", _) => Some(is_not(place, "an object")),
            (name, _) => Some(is_not(place, &format!("a {name}"))),
        }
    }

    fn entry(
        &self,
        schema: &Value,
        entries: &Map<String, Value>,
        place: &Place<'_>,
        depth: u8,
    ) -> Option<Fault> {
        let required = schema.get("required").and_then(Value::as_array);
        let mut required = required.into_iter().flatten().filter_map(Value::as_str);
        if let Some(missing) = required.find(|name| !entries.contains_key(*name)) {
            return Some(Fault::new(
                place.entry(missing).path(),
                "required",
                "is required",
            ));
        }
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        let known = |name: &str| known.and_then(|known| known.get(name));
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let pattern = patterns.and_then(|patterns| patterns.iter().next());
        let mut each = entries.iter();
        let wrong = each.find_map(|(name, value)| {
            let schema = known(name)
                .or(pattern.map(|(_, schema)| schema))
                .or(others)?;
            self.fault(schema, value, &place.entry(name), depth)
        });
        let is_closed = others == Some(&Value::Bool(false));
        wrong.or_else(|| {
            let mut names = entries.keys().filter(|_| is_closed);
            let unknown =
                names.find(|name| known(name).is_none() && !is_integer_key(pattern, name))?;
            let path = place.entry(unknown).path();
            Some(match pattern {
                Some(_) => Fault::new(
                    path,
                    "type",
                    "is not a valid key of this map, which has integer keys",
                ),
                None => Fault::new(path, "unknown", "is unknown"),
            })
        })
    }
}

/// Returns whether a map with integer keys accepts the key. Other patterns are left to the type.
fn is_integer_key(pattern: Option<(&String, &Value)>, key: &str) -> bool {
    match pattern.map(|(pattern, _)| &**pattern) {
        None => false,
        Some("^\\d+$") => is_canonical(key, key.parse::<u128>()),
        Some("^-?\\d+$") => is_canonical(key, key.parse::<i128>()),
        Some(_) => true,
    }
}

fn takes_null(schema: &Value) -> bool {
    let options = schema.get("anyOf").and_then(Value::as_array);
    let mut options = options.into_iter().flatten().chain([schema]);
    options.any(|schema| match schema.get("type") {
        Some(Value::String(name)) => name == "null",
        Some(Value::Array(names)) => names.iter().any(|name| name == "null"),
        _ => false,
    })
}

/// Serde accepts only one spelling of an integer key.
fn is_canonical<T: ToString, E>(key: &str, integer: Result<T, E>) -> bool {
    integer.is_ok_and(|integer| integer.to_string() == key)
}

/// Returns the variants of an enum without data.
fn words(schema: &Value) -> Option<Vec<&str>> {
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(words) = list("enum") {
        return words.iter().map(Value::as_str).collect();
    }
    // Variants with a doc comment are described individually.
    let each = list("oneOf")?.iter().map(words_of_variant);
    let all: Option<Vec<Vec<&str>>> = each.collect();
    all.map(|all| all.concat())
}

fn words_of_variant(schema: &Value) -> Option<Vec<&str>> {
    match schema.get("const") {
        Some(word) => word.as_str().map(|word| vec![word]),
        None => schema
            .get("enum")?
            .as_array()?
            .iter()
            .map(Value::as_str)
            .collect(),
    }
}

fn one_of(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("one of {}", words.join(", "))
}

/// Returns the range of an integer type, within ±(2^53−1).
fn integers(schema: &Value) -> (i128, i128) {
    let exact = i128::from(MAX_EXACT);
    let of_type = match schema.get("format").and_then(Value::as_str) {
        Some("int8") => (i8::MIN.into(), i8::MAX.into()),
        Some("int16") => (i16::MIN.into(), i16::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        _ => (-exact, exact),
    };
    let limit_of = |key: &str| schema.get(key).and_then(Value::as_i64).map(i128::from);
    (
        limit_of("minimum").unwrap_or(of_type.0).max(-exact),
        limit_of("maximum").unwrap_or(of_type.1).min(exact),
    )
}

fn is_not(place: &Place<'_>, what: &str) -> Fault {
    Fault::new(place.path(), "type", format!("is not {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[derive(schemars::JsonSchema)]
    #[schemars(rename_all = "lowercase")]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Mood {
        Calm,
        /// Bites.
        Wild,
    }

    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Address {
        zip: u16,
        lines: Vec<String>,
        mood: Option<Mood>,
    }

    fn explained<T: schemars::JsonSchema>(value: &Value) -> Option<(String, String)> {
        let mut generator = schemars::SchemaGenerator::default();
        let schema = generator.subschema_for::<T>().to_value();
        let fault = explain(&schema, generator.definitions(), value, "it")?;
        Some((fault.path, fault.message.into_owned()))
    }

    #[test]
    fn type_mismatch_is_explained_with_its_path() {
        let explained = |path: &str, message: &str, explained: Option<(String, String)>| {
            assert_eq!(explained, Some((path.to_owned(), message.to_owned())));
        };
        explained(
            "it",
            "is not an integer from -2147483648 to 2147483647",
            self::explained::<i32>(&json!("1")),
        );
        explained(
            "it",
            "is not an integer from 0 to 255",
            self::explained::<Option<u8>>(&json!(256)),
        );
        explained(
            "it",
            "is not an integer from 0 to 9007199254740991",
            self::explained::<u64>(&json!(1.5)),
        );
        explained(
            "it",
            "is not a number",
            self::explained::<f64>(&json!(true)),
        );
        explained(
            "it",
            "is not a string",
            self::explained::<Option<String>>(&json!(7)),
        );
        explained(
            "it",
            "is not true or false",
            self::explained::<bool>(&json!("true")),
        );
        explained(
            "it",
            "is not an array",
            self::explained::<Vec<u8>>(&json!({})),
        );
        explained(
            "it[1]",
            "is not a string",
            self::explained::<Vec<String>>(&json!(["a", 1])),
        );
        explained(
            "it.a",
            "is not an integer from 0 to 255",
            self::explained::<BTreeMap<String, u8>>(&json!({"a": -1})),
        );
        explained(
            "it",
            "is not one of `calm`, `wild`",
            self::explained::<Option<Mood>>(&json!("tame")),
        );
        explained(
            "it",
            "is not an object",
            self::explained::<Address>(&json!([])),
        );
        explained(
            "it.lines",
            "is required",
            self::explained::<Address>(&json!({"zip": 1})),
        );
        explained(
            "it.mood",
            "is not one of `calm`, `wild`",
            self::explained::<Address>(&json!({"zip": 1, "lines": [], "mood": 1})),
        );
        explained(
            "it.zip",
            "is not an integer from 0 to 65535",
            self::explained::<Address>(&json!({"zip": "1", "lines": [], "mood": null})),
        );
    }

    #[test]
    fn valid_value_has_no_fault() {
        assert_eq!(explained::<i8>(&json!(-128)), None);
        assert_eq!(
            explained::<Address>(&json!({"zip": 1, "lines": ["a"], "mood": "calm"})),
            None
        );
    }
}
