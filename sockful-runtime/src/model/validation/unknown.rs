//! Finds properties inside of a value that its type drops when it reads the value.
//!
//! Serde ignores properties that a struct does not declare, which would hide typing errors. A type
//! that accepts any others says so in its schema: `additionalProperties` is `true`.

use super::resolve;
use crate::core::error::Fault;
use serde_json::{Map, Value, json};

/// How deep properties are looked for, and how many are tried.
const MAX_DEPTH: usize = 64;
const MAX_TRIED: usize = 16;

/// How many schemas are compared with one value: the arms of recursive types multiply.
const MAX_SCHEMAS: usize = 20_000;

/// Returns a fault for each property in `given` that is not used. `written` is the same value as its
/// type writes it, and `reads` returns what a changed value would be written as.
pub(crate) fn unknown(
    path: &str,
    given: &Value,
    written: &Value,
    schema: impl FnOnce() -> (Value, Map<String, Value>),
    reads: impl Fn(&Value) -> Option<Value>,
) -> Vec<Fault> {
    let mut missing = Vec::new();
    find_missing(given, written, &mut Vec::new(), &mut missing);
    if missing.is_empty() {
        return Vec::new();
    }
    // A property that is not written may be skipped, or be written under another name.
    let (schema, definitions) = schema();
    let mut lookup = DescribedParts {
        definitions: &definitions,
        left: MAX_SCHEMAS,
    };
    missing.retain(|place| !lookup.is_described(&schema, given, place));
    missing.truncate(MAX_TRIED);
    missing.retain(|place| {
        let mut changed = given.clone();
        let Some(value) = at(&mut changed, place) else {
            return false;
        };
        // No type reads this, so it is read only if it is ignored.
        *value = json!({"\u{1}": [["\u{1}"]]});
        reads(&changed).is_some_and(|again| again == *written)
    });
    let faults = missing.iter().map(|place| {
        let path = place.iter().fold(path.to_owned(), |path, step| match step {
            Step::Item(at) => format!("{path}[{at}]"),
            Step::Name(name) if path.is_empty() => name.clone(),
            Step::Name(name) => format!("{path}.{name}"),
        });
        Fault::new(path, "unknown", "is not known here")
    });
    faults.collect()
}

/// A step to a part of a value.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Name(String),
    Item(usize),
}

/// Collects the places of properties that are in `given` and not in `written`.
fn find_missing(
    given: &Value,
    written: &Value,
    place: &mut Vec<Step>,
    missing: &mut Vec<Vec<Step>>,
) {
    if place.len() >= MAX_DEPTH {
        return;
    }
    match given {
        Value::Object(entries) => {
            for (name, value) in entries {
                place.push(Step::Name(name.clone()));
                match written.get(name) {
                    Some(written) => find_missing(value, written, place, missing),
                    None => missing.push(place.clone()),
                }
                place.pop();
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                place.push(Step::Item(at));
                find_missing(item, &written[at], place, missing);
                place.pop();
            }
        }
        _ => {}
    }
}

/// Returns the part of a value at a place.
fn at<'a>(value: &'a mut Value, place: &[Step]) -> Option<&'a mut Value> {
    place.iter().try_fold(value, |value, step| match step {
        Step::Name(name) => value.get_mut(name),
        Step::Item(at) => value.get_mut(at),
    })
}

/// Looks for parts of values in schemas.
struct DescribedParts<'a> {
    definitions: &'a Map<String, Value>,
    /// How many schemas may still be looked at; after that everything counts as described.
    left: usize,
}

impl DescribedParts<'_> {
    /// Returns whether a schema that `value` meets describes what is at `place` in it.
    fn is_described(&mut self, schema: &Value, value: &Value, place: &[Step]) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return true;
        };
        self.left = left;
        let definitions = self.definitions;
        let schema = resolve(schema, definitions);
        let Some(keywords) = schema.as_object() else {
            return schema == &Value::Bool(true);
        };
        if !fits(keywords, value) {
            return false;
        }
        let list = |key: &str| keywords.get(key).and_then(Value::as_array);
        let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(list);
        let target = keywords.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|path| definitions.get(path.rsplit('/').next()?));
        let mut parts = parts.flatten().chain(target).peekable();
        let is_open = parts.peek().is_none() && !keywords.contains_key("type");
        if is_open || parts.any(|part| self.is_described(part, value, place)) {
            return true;
        }
        let Some((step, rest)) = place.split_first() else {
            return true;
        };
        let next = match step {
            Step::Item(at) => {
                let first = list("prefixItems").and_then(|schemas| schemas.get(*at));
                (first.or_else(|| keywords.get("items")), value.get(at))
            }
            Step::Name(name) => {
                let own = keywords.get("properties").and_then(|all| all.get(name));
                let patterns = keywords.get("patternProperties").and_then(Value::as_object);
                let pattern = patterns.and_then(|patterns| patterns.values().next());
                let others = keywords.get("additionalProperties");
                let others = others.filter(|others| **others != Value::Bool(false));
                (own.or(pattern).or(others), value.get(name))
            }
        };
        match next {
            (Some(schema), Some(value)) => {
                rest.is_empty() || self.is_described(schema, value, rest)
            }
            _ => false,
        }
    }
}

/// Returns whether the constants of a schema, such as the tag of an enum, are those of the value.
fn fits(keywords: &Map<String, Value>, value: &Value) -> bool {
    let properties = keywords.get("properties").and_then(Value::as_object);
    let mut properties = properties.into_iter().flatten();
    properties.all(
        |(name, schema)| match (schema.get("const"), value.get(name)) {
            (Some(tag), Some(given)) => tag == given,
            _ => true,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn recursive_types_are_looked_at_in_bounded_steps() {
        let arm = json!({"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}});
        let definitions = json!({"Node": {"anyOf": [arm, arm]}});
        let definitions = definitions.as_object().expect("definitions");
        let mut given = json!({"x": 1});
        let mut written = json!({});
        for _ in 0..MAX_DEPTH - 2 {
            given = json!({ "next": given });
            written = json!({ "next": written });
        }
        let reads = Cell::new(0);
        let faults = unknown(
            "it",
            &given,
            &written,
            || (json!({"$ref": "#/$defs/Node"}), definitions.clone()),
            |_| {
                reads.set(reads.get() + 1);
                Some(written.clone())
            },
        );
        // What takes too long to be found is left to the type.
        assert_eq!((faults.len(), reads.get()), (0, 0));
    }
}
