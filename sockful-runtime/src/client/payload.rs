//! Writes the payloads of requests.

use super::{decode, unsendable};
use crate::core::error::Result;
use crate::core::json::object::Object;
use crate::model::resource::{Changes, PayloadWriter, Resource};
use serde_json::{Map, Value};

/// Returns the name of the id of `R` on the wire.
pub(super) fn id_name<R: Resource>() -> &'static str {
    R::DEFINITION.properties[R::DEFINITION.id].name
}

/// Returns the object with only the id of a record.
pub(super) fn with_id<R: Resource>(id: &R::Id) -> String {
    format!("{{\"{}\":{}}}", id_name::<R>(), decode::written_id::<R>(id))
}

/// Returns the object with the given properties of a record, and with an address such as its id.
#[expect(clippy::needless_pass_by_value, reason = "the value is consumed")]
pub(super) fn given<R: Resource>(
    changes: impl Changes,
    address: Option<(&str, String)>,
) -> Result<String> {
    let mut given = PayloadWriter::of_client(R::DEFINITION);
    changes.write(&mut given);
    let (given, members) = given.finish().map_err(|error| unsendable(&error))?;
    let Some((name, value)) = address else {
        return Ok(given);
    };
    let mut object = Object::of(&given, &members);
    object.remove(name);
    let rest = object.rest();
    let rest = rest.trim_start_matches('{');
    let comma = if rest == "}" { "" } else { "," };
    Ok(format!("{{\"{name}\":{value}{comma}{rest}"))
}

/// Returns the text of a query.
pub(super) fn text(map: &Map<String, Value>) -> Result<String> {
    serde_json::to_string(map).map_err(|error| unsendable(&error))
}
