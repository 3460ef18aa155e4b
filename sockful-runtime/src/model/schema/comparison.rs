//! Compares two descriptions: do clients built with the older one work with the newer one?
//!
//! The server must accept everything that clients may send: a payload may accept more than before.
//! Clients must understand everything that they receive: records, results and events may have
//! additional properties, but no values of another type.

mod arms;
mod compact;
mod covers;
mod gap;
mod keywords;
mod limits;
mod parts;
#[cfg(test)]
mod tests;

pub(crate) use compact::{compact, schema as schema_alone};
pub(crate) use gap::StepBudget;

use covers::Covers;
use gap::{Direction, Gap};
use parts::ResourceComparison;
use serde_json::{Map, Value, json};
use std::fmt;

/// The effect of a newer description on clients that were built with an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing has changed.
    Same,
    /// Everything that the clients use still works.
    Compatible,
    /// Something that the clients may use no longer works.
    Breaking,
}

impl Verdict {
    /// Returns the value on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One difference between two descriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaChange {
    /// The name of the resource.
    pub resource: String,
    /// The part of the resource: `record.life`, `feed`, `feed payload.amount`, `event roared`; empty for
    /// the whole resource.
    pub what: String,
    /// The effect of the change; never [`Verdict::Same`].
    pub verdict: Verdict,
    /// The description of the change.
    pub message: String,
}

impl fmt::Display for SchemaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.what.is_empty() { "" } else { " " };
        let (resource, what) = (&self.resource, &self.what);
        write!(
            f,
            "{}: {resource}{space}{what} {}",
            self.verdict, self.message
        )
    }
}

/// All differences between two descriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaComparison {
    /// The most severe verdict of all changes.
    pub verdict: Verdict,
    /// The changes by resource. For descriptions: sorted by name, new resources last. For stored records:
    /// in the order in which they are served, removed resources last.
    pub changes: Vec<SchemaChange>,
}

impl SchemaComparison {
    pub(crate) fn of(changes: Vec<SchemaChange>) -> Self {
        let gravest = changes.iter().map(|change| change.verdict).max();
        Self {
            verdict: gravest.unwrap_or(Verdict::Same),
            changes,
        }
    }

    /// Returns the comparison as JSON for the wire.
    pub(crate) fn to_json(&self) -> Value {
        let changes = self.changes.iter().map(|change| {
            json!({
                "resource": change.resource,
                "what": change.what,
                "verdict": change.verdict.word(),
                "message": change.message,
            })
        });
        json!({"verdict": self.verdict.word(), "changes": changes.collect::<Vec<_>>()})
    }
}

/// Compares two descriptions, each as returned by `["sockful","schema"]`.
///
/// Doc texts and digests are ignored.
///
/// # Errors
///
/// The reason, if one is not a description or the comparison needs too many steps.
pub fn compare(old: &Value, new: &Value) -> Result<SchemaComparison, String> {
    compare_within(old, new, &mut StepBudget::default())
}

/// Compares two descriptions within a step budget.
///
/// # Errors
///
/// As for [`compare`].
pub(crate) fn compare_within(
    old: &Value,
    new: &Value,
    work: &mut StepBudget,
) -> Result<SchemaComparison, String> {
    let (old, new) = (compact(old), compact(new));
    let resources = |description| object(description, "resources", "the description");
    let (before, now) = (resources(&old)?, resources(&new)?);
    let mut parts = ResourceComparison::new(&old, &new, work);
    for (name, resource) in before {
        parts.of(name);
        parts.step()?;
        match now.get(name) {
            Some(newer) => parts.resource(resource, newer)?,
            None => parts.breaking("", "was removed"),
        }
    }
    for name in now.keys().filter(|name| !before.contains_key(*name)) {
        parts.of(name);
        parts.compatible("", "is new");
    }
    Ok(SchemaComparison::of(parts.finish()))
}

/// Returns whether `newer` accepts every value that `older` accepts, or why not. Each is a schema, or
/// an object with `schema` and the definitions that it refers to.
///
/// # Errors
///
/// The reason, if the schemas cannot be compared.
pub(crate) fn takes_all(older: &Value, newer: &Value) -> Result<Result<(), String>, String> {
    let [sub, over] = [older, newer].map(|it| it.get("schema").unwrap_or(it));
    let mut work = StepBudget::default();
    let mut covers = Covers::new(older, newer, Direction::Sent, &mut work);
    match covers.schema(sub, over) {
        Ok(()) => Ok(Ok(())),
        Err(Gap::Differs(why)) => Ok(Err(why)),
        Err(Gap::Fault(why)) => Err(why),
    }
}

/// Returns the object under `key`, which `whose` must have.
fn object<'a>(value: &'a Value, key: &str, whose: &str) -> Result<&'a Map<String, Value>, String> {
    let found = value.get(key).and_then(Value::as_object);
    found.ok_or_else(|| format!("is not a description: `{key}` of {whose} is not an object"))
}
