//! Builds JSON objects from members that are JSON already.

use super::target::PathProperty;
use crate::core::error::{Error, Fault, Result};
use crate::core::json::object::Object;
use std::fmt::Write;

/// The members of an object, in insertion order.
#[derive(Debug, Default)]
pub(super) struct ObjectWriter(String);

impl ObjectWriter {
    pub(super) fn of(name: &str, raw: &str) -> Self {
        let mut members = Self::default();
        members.push(name, raw);
        members
    }

    /// Adds a member. Duplicate names are kept, and the parser of the payload rejects them.
    pub(super) fn push(&mut self, name: &str, raw: &str) {
        let comma = if self.0.is_empty() { "" } else { "," };
        // Writing to a `String` does not fail.
        let _ = write!(self.0, "{comma}{}:{raw}", text(name));
    }

    pub(super) fn to_json(&self) -> String {
        format!("{{{}}}", self.0)
    }
}

/// A string as JSON.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Merges the properties from the path into a payload.
///
/// # Errors
///
/// If the payload has another value for a property of the path.
pub(super) fn merged(path_properties: &[PathProperty], rest: String) -> Result<String> {
    let is_object = rest.starts_with('{') || rest == "null";
    // A payload that is not an object is rejected by its action.
    if path_properties.is_empty() || !is_object {
        return Ok(rest);
    }
    let object = Object::parse(&rest)?;
    let (mut members, mut faults) = (ObjectWriter::default(), Vec::new());
    for property in path_properties {
        members.push(property.name, &property.raw);
        let repeated = object.take(property.name);
        if repeated.is_some_and(|raw| !property.is_also(raw)) {
            faults.push(Fault::new(
                property.name,
                "address",
                "does not match the address",
            ));
        }
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    for (name, raw) in object.take_rest() {
        members.push(name, raw);
    }
    Ok(members.to_json())
}
