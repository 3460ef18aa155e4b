//! The keywords of one alternative, borrowed from the schemas that it combines.

use super::gap::{Gap, StepBudget};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};

/// The keywords of one schema, or of several that all apply. Nothing is copied: combining two costs as
/// many steps as there are schemas, regardless of their size.
#[derive(Clone, Debug)]
pub(super) struct Keywords<'a>(Vec<&'a Map<String, Value>>);

/// Identifies the borrowed schemas for as long as they are borrowed.
pub(super) type KeywordsId = Box<[usize]>;

impl<'a> Keywords<'a> {
    pub(super) fn of(schema: &'a Map<String, Value>) -> Self {
        Self(vec![schema])
    }

    /// Returns the keywords of both. If both have a keyword, `other` usually takes precedence.
    pub(super) fn merged(&self, other: &Self, work: &mut StepBudget) -> Result<Self, Gap> {
        work.spend(self.0.len() + other.0.len())?;
        Ok(Self([&*self.0, &*other.0].concat()))
    }

    /// Returns a keyword from the last schema that has it.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.iter().rev().find_map(|schema| schema.get(key))
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Value::as_str)
    }

    pub(super) fn list(&self, key: &str) -> Option<&'a Vec<Value>> {
        self.get(key).and_then(Value::as_array)
    }

    /// Returns the number of schemas that a look-up visits.
    pub(super) fn weight(&self) -> usize {
        self.0.len()
    }

    /// Returns the properties of all schemas.
    pub(super) fn properties(
        &self,
        work: &mut StepBudget,
    ) -> Result<Option<BTreeMap<&'a str, &'a Value>>, Gap> {
        let mut all = None;
        for schema in &self.0 {
            if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
                work.spend(properties.len())?;
                let properties = properties.iter().map(|(name, it)| (name.as_str(), it));
                all.get_or_insert_with(BTreeMap::new).extend(properties);
            }
        }
        Ok(all)
    }

    /// Returns the names of the properties that any of the schemas requires.
    pub(super) fn required(&self, work: &mut StepBudget) -> Result<HashSet<&'a str>, Gap> {
        let mut all = HashSet::new();
        for schema in &self.0 {
            if let Some(names) = schema.get("required").and_then(Value::as_array) {
                work.spend(names.len())?;
                all.extend(names.iter().filter_map(Value::as_str));
            }
        }
        Ok(all)
    }

    /// Returns the schema for unlisted properties. A part that allows them allows them for the whole.
    pub(super) fn additional(&self) -> Option<&'a Value> {
        let of_each = self.0.iter();
        let of_each = of_each.filter_map(|schema| schema.get("additionalProperties"));
        of_each.reduce(|before, next| match before {
            Value::Bool(true) => before,
            _ => next,
        })
    }

    pub(super) fn id(&self) -> KeywordsId {
        let schemas = self.0.iter();
        schemas
            .map(|schema| std::ptr::from_ref(*schema).addr())
            .collect()
    }
}

/// Returns whether two values are equal. The cost is proportional to the compared size.
pub(super) fn equal(one: &Value, other: &Value, work: &mut StepBudget) -> Result<bool, Gap> {
    work.spend(1)?;
    match (one, other) {
        (Value::String(one), Value::String(other)) => {
            if one.len() == other.len() {
                work.spend(one.len() / 64)?;
            }
            Ok(one == other)
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (one, other) in one.iter().zip(other) {
                if !equal(one, other, work)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            for ((one_key, one), (other_key, other)) in one.iter().zip(other) {
                work.spend(one_key.len().min(other_key.len()) / 64)?;
                if one_key != other_key || !equal(one, other, work)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => Ok(false),
        (one, other) => Ok(one == other),
    }
}
