//! Events of a resource's own.

use crate::model::event::Event;
use schemars::{Schema, SchemaGenerator};

/// An event that may happen to a resource's records.
#[derive(Clone, Copy, Debug)]
pub struct EventDef {
    /// The name on the wire, such as `roared`.
    pub name: &'static str,
    /// The doc comment beside the name.
    pub doc: &'static str,
    /// The schema of what is told of it.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

impl EventDef {
    /// The event whose data are values of `E`.
    #[must_use]
    pub const fn of<E: Event>(name: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            doc,
            schema: |generator| E::DATA.schema(generator),
        }
    }
}
