//! Paths of the REST routes and their parameters.

use super::records;
use crate::model::resource_model::Model;
use serde_json::{Value, json};

/// The address of all of a resource.
pub(super) fn all(model: &Model) -> String {
    of("", model.definition.name)
}

/// The address of one record.
pub(super) fn one(model: &Model) -> String {
    below(&all(model), model.id_name())
}

/// An address of an action by its name.
pub(super) fn by_name(resource: &str, action: &str) -> String {
    of(&of("", resource), action)
}

/// Something below an address; below all there is where that is empty.
pub(super) fn of(address: &str, name: &str) -> String {
    let address = if address.is_empty() { "/api" } else { address };
    format!("{address}/{name}")
}

/// One of those at an address, by its id.
pub(super) fn below(address: &str, id: &str) -> String {
    format!("{address}/{{{id}}}")
}

/// The parameter called `name` that is the id of a record of `model`.
pub(super) fn parameter(model: &Model, name: &str) -> Value {
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": format!("The id of a `{}`, percent-encoded.", model.definition.name),
        "schema": records::id(model),
    })
}
