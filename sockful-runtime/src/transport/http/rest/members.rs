//! An object in the making, of pieces that are JSON already.

use super::target::PathProperty;
use crate::core::error::{Error, Fault, Result};
use crate::core::json::object::Object;
use std::fmt::Write;

/// The members of an object, in the order that they came.
#[derive(Debug, Default)]
pub(super) struct ObjectWriter(String);

impl ObjectWriter {
    pub(super) fn of(name: &str, raw: &str) -> Self {
        let mut members = Self::default();
        members.push(name, raw);
        members
    }

    /// Adds one. What is there twice stands there twice, for whoever reads it to refuse.
    pub(super) fn push(&mut self, name: &str, raw: &str) {
        let comma = if self.0.is_empty() { "" } else { "," };
        // Writing to memory does not fail.
        let _ = write!(self.0, "{comma}{}:{raw}", text(name));
    }

    pub(super) fn to_json(&self) -> String {
        format!("{{{}}}", self.0)
    }
}

/// A text as JSON.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The payload that what the address says makes with the rest.
///
/// # Errors
///
/// Where the rest says something else than the address.
pub(super) fn merged(said: &[PathProperty], rest: String) -> Result<String> {
    let is_object = rest.starts_with('{') || rest == "null";
    // What is no object is refused by whom it is for.
    if said.is_empty() || !is_object {
        return Ok(rest);
    }
    let object = Object::parse(&rest)?;
    let (mut members, mut faults) = (ObjectWriter::default(), Vec::new());
    for said in said {
        members.push(said.name, &said.raw);
        let repeated = object.take(said.name);
        if repeated.is_some_and(|raw| !said.is_also(raw)) {
            faults.push(Fault::new(
                said.name,
                "address",
                "is not what the address says",
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
