//! Finds properties inside a value that its type ignores when it is read.
//!
//! Serde ignores properties that a struct does not declare, which would hide typing errors. A type that
//! accepts unknown properties has `additionalProperties: true` in its schema.

use super::resolve;
use crate::core::error::Fault;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::ptr;

/// The maximum depth of the search, and the maximum number of candidates.
const MAX_DEPTH: usize = 64;
const MAX_TRIED: usize = 16;

/// The maximum number of search steps per byte of the value, with a minimum for small values.
const STEPS_PER_BYTE: usize = 64;
const MIN_STEPS: usize = 16 * 1024;

/// Returns a fault for each unused property in `given`, up to 16. `written` is the same value as its
/// type writes it, and `reads` returns what a changed value would be written as. The work of the search
/// is proportional to `bytes`, the length of the JSON of `given`.
pub(crate) fn unknown(
    path: &str,
    given: &Value,
    bytes: usize,
    written: &Value,
    schema: impl FnOnce() -> (Value, Map<String, Value>),
    reads: impl Fn(&Value) -> Option<Value>,
) -> Vec<Fault> {
    if !has_missing(given, written, MAX_DEPTH) {
        return Vec::new();
    }
    // A property that is not written may be skipped, or may be written under another name.
    let (schema, definitions) = schema();
    let mut search = UnknownSearch {
        definitions: &definitions,
        steps_left: bytes.saturating_mul(STEPS_PER_BYTE).max(MIN_STEPS),
        place: Vec::new(),
        found: Vec::new(),
    };
    if let Err(Stop::OverBudget) = search.part(vec![&schema], given, written) {
        let message = "has too many parts to check for unknown ones";
        return vec![Fault::new(path, "unknown", message)];
    }
    let mut found = search.found;
    let mut changed = given.clone();
    found.retain(|place| {
        // No type can read this, so reading succeeds only if the property is ignored.
        let unreadable = json!({"\u{1}": [["\u{1}"]]});
        let Some(before) = replace_at(&mut changed, place, unreadable) else {
            return false;
        };
        let is_ignored = reads(&changed).is_some_and(|again| again == *written);
        replace_at(&mut changed, place, before);
        is_ignored
    });
    let faults = found.iter().map(|place| {
        let mut path = path.to_owned();
        for step in place {
            step.add_to(&mut path);
        }
        Fault::new(path, "unknown", "is unknown")
    });
    faults.collect()
}

/// A step to a part of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PathStep<'v> {
    Name(&'v str),
    Item(usize),
}

impl PathStep<'_> {
    pub(super) fn add_to(&self, path: &mut String) {
        match self {
            Self::Name(name) if path.is_empty() => path.push_str(name),
            Self::Name(name) => path.extend([".", name]),
            Self::Item(at) => path.extend(["[", &at.to_string(), "]"]),
        }
    }
}

/// Why a search ends early.
enum Stop {
    /// The maximum number of candidates was found.
    Enough,
    /// The search exceeded the step budget of the value.
    OverBudget,
}

/// Returns whether a property in `given` is not in `written`.
fn has_missing(given: &Value, written: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    match given {
        Value::Object(entries) => entries.iter().any(|(name, value)| {
            let written = written.get(name);
            written.is_none_or(|written| has_missing(value, written, depth))
        }),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.any(|(at, item)| has_missing(item, &written[at], depth))
        }
        _ => false,
    }
}

/// Replaces the part of a value at `place`, and returns the previous part.
fn replace_at(value: &mut Value, place: &[PathStep<'_>], by: Value) -> Option<Value> {
    let part = place.iter().try_fold(value, |value, step| match step {
        PathStep::Name(name) => value.get_mut(*name),
        PathStep::Item(at) => value.get_mut(*at),
    });
    part.map(|part| std::mem::replace(part, by))
}

/// Walks a value together with all schemas that may describe the current part, so that each part is
/// visited once, regardless of the number of alternatives on the way to it.
struct UnknownSearch<'s, 'v> {
    definitions: &'s Map<String, Value>,
    steps_left: usize,
    /// The path of the current part.
    place: Vec<PathStep<'v>>,
    /// The properties that are neither written nor described.
    found: Vec<Vec<PathStep<'v>>>,
}

impl<'s, 'v> UnknownSearch<'s, 'v> {
    /// Searches a part if it satisfies one of `schemas`.
    fn part(
        &mut self,
        schemas: Vec<&'s Value>,
        given: &'v Value,
        written: &Value,
    ) -> Result<(), Stop> {
        if self.place.len() >= MAX_DEPTH || !(given.is_object() || given.is_array()) {
            return Ok(());
        }
        let Some(schemas) = self.expanded(schemas, given)? else {
            return Ok(());
        };
        let described = |step| -> Vec<_> {
            let schemas = schemas.iter();
            schemas
                .filter_map(|&schema| described(schema, step))
                .collect()
        };
        match given {
            Value::Object(entries) => {
                for (name, value) in entries {
                    self.take_steps(schemas.len() + 1)?;
                    let parts = described(PathStep::Name(name));
                    self.place.push(PathStep::Name(name));
                    match written.get(name) {
                        Some(written) => self.part(parts, value, written)?,
                        None if parts.is_empty() => self.found()?,
                        None => {}
                    }
                    self.place.pop();
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.take_steps(schemas.len() + 1)?;
                    let parts = described(PathStep::Item(at));
                    self.place.push(PathStep::Item(at));
                    self.part(parts, item, &written[at])?;
                    self.place.pop();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn found(&mut self) -> Result<(), Stop> {
        self.found.push(self.place.clone());
        if self.found.len() == MAX_TRIED {
            return Err(Stop::Enough);
        }
        Ok(())
    }

    fn take_steps(&mut self, steps: usize) -> Result<(), Stop> {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.ok_or(Stop::OverBudget)?;
        Ok(())
    }

    /// Returns the keywords of the schemas that `value` satisfies, including those of their
    /// alternatives, each once; `None` if one of them accepts anything.
    fn expanded(
        &mut self,
        mut schemas: Vec<&'s Value>,
        value: &Value,
    ) -> Result<Option<Vec<&'s Map<String, Value>>>, Stop> {
        let (mut seen, mut expanded) = (HashSet::new(), Vec::new());
        while let Some(schema) = schemas.pop() {
            self.take_steps(1)?;
            let schema = resolve(schema, self.definitions);
            if !seen.insert(ptr::from_ref(schema)) {
                continue;
            }
            let Some(keywords) = schema.as_object() else {
                if schema == &Value::Bool(true) {
                    return Ok(None);
                }
                continue;
            };
            let properties = keywords.get("properties").and_then(Value::as_object);
            self.take_steps(properties.map_or(0, Map::len))?;
            if !fits(properties, value) {
                continue;
            }
            let parts = ["allOf", "anyOf", "oneOf"].into_iter();
            let parts = parts.filter_map(|key| keywords.get(key).and_then(Value::as_array));
            let target = keywords.get("$ref").and_then(Value::as_str);
            let target = target.and_then(|path| self.definitions.get(path.rsplit('/').next()?));
            let mut parts = parts.flatten().chain(target).peekable();
            if parts.peek().is_none() && !keywords.contains_key("type") {
                return Ok(None);
            }
            schemas.extend(parts);
            expanded.push(keywords);
        }
        Ok(Some(expanded))
    }
}

/// Returns the schema of the part at `step`.
fn described<'s>(keywords: &'s Map<String, Value>, step: PathStep<'_>) -> Option<&'s Value> {
    match step {
        PathStep::Item(at) => {
            let first = keywords.get("prefixItems").and_then(Value::as_array);
            let first = first.and_then(|schemas| schemas.get(at));
            first.or_else(|| keywords.get("items"))
        }
        PathStep::Name(name) => {
            let own = keywords.get("properties").and_then(|all| all.get(name));
            let patterns = keywords.get("patternProperties").and_then(Value::as_object);
            let pattern = patterns.and_then(|patterns| patterns.values().next());
            let others = keywords.get("additionalProperties");
            let others = others.filter(|others| **others != Value::Bool(false));
            own.or(pattern).or(others)
        }
    }
}

/// Returns whether the value has the constants of a schema, such as the tag of an enum.
fn fits(properties: Option<&Map<String, Value>>, value: &Value) -> bool {
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
    use schemars::{JsonSchema, SchemaGenerator};
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Serialize};
    use std::cell::Cell;
    use std::collections::BTreeMap;

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Leaf {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<u8>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(untagged)]
    enum Chain {
        Plain { next: Option<Box<Chain>> },
        Marked { next: Option<Box<Chain>>, mark: u8 },
    }

    fn paths<T: Serialize + DeserializeOwned + JsonSchema>(raw: &str) -> Vec<String> {
        let given = serde_json::from_str(raw).expect("JSON");
        let written = |value: &Value| {
            let value: T = serde_json::from_value(value.clone()).ok()?;
            serde_json::to_value(value).ok()
        };
        let schema = || {
            let mut generator = SchemaGenerator::default();
            let schema = generator.subschema_for::<T>().to_value();
            (schema, generator.take_definitions(true))
        };
        let once = written(&given).expect("a value of the type");
        let faults = unknown("it", &given, raw.len(), &once, schema, written);
        faults.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn long_key_is_reported_with_first_unknown_members() {
        let members: BTreeMap<_, _> = (0..4_263).map(|n| (format!("m{n:04}"), 0)).collect();
        let key = "k".repeat(28_000);
        let raw = json!({ &*key: members }).to_string();
        let paths = paths::<BTreeMap<String, Leaf>>(&raw);
        assert_eq!(paths.len(), MAX_TRIED);
        assert!(paths.iter().all(|path| path.starts_with("it.kkk")));
    }

    #[test]
    fn unknown_member_is_found_after_skipped_ones() {
        let mut leaves: BTreeMap<_, _> = (0..1_000)
            .map(|n| (format!("k{n:04}"), json!({"note": null})))
            .collect();
        leaves.insert("z".to_owned(), json!({"noet": null}));
        let raw = json!(leaves).to_string();
        assert_eq!(paths::<BTreeMap<String, Leaf>>(&raw), ["it.z.noet"]);
    }

    #[test]
    fn nested_alternatives_are_each_visited_once() {
        let mut value = json!({"next": null, "other": 1});
        for _ in 0..30 {
            value = json!({ "next": value });
        }
        let deepest = format!("it{}.other", ".next".repeat(30));
        assert_eq!(paths::<Chain>(&value.to_string()), [deepest]);
    }

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
            given.to_string().len(),
            &written,
            || (json!({"$ref": "#/$defs/Node"}), definitions.clone()),
            |_| {
                reads.set(reads.get() + 1);
                Some(written.clone())
            },
        );
        assert_eq!((faults.len(), reads.get()), (1, 1));
    }

    #[test]
    fn search_beyond_its_budget_is_a_fault() {
        let variants = (0..MIN_STEPS).map(|n| json!({"type": "object", "title": n.to_string()}));
        let schema = json!({"anyOf": variants.collect::<Vec<_>>()});
        let given = json!({"a": 1});
        let faults = unknown(
            "it",
            &given,
            given.to_string().len(),
            &json!({}),
            || (schema, Map::new()),
            |_| None,
        );
        let faults: Vec<_> = faults.iter().map(|it| (&*it.path, &*it.message)).collect();
        let message = "has too many parts to check for unknown ones";
        assert_eq!(faults, [("it", message)]);
    }
}
