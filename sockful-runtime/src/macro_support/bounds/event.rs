//! Bounds of events.

use crate::model::codec::Codec;
use schemars::JsonSchema;
use serde::Serialize;

/// A type that can be the data of an event.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the payload of an event",
    label = "must implement `Serialize` and `JsonSchema`",
    note = "add #[derive(serde::Serialize, schemars::JsonSchema)] to it, or to the contained types that lack them",
    note = "a resource with private properties would leak them: use a type with public properties only"
)]
pub trait EventData: Serialize + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema> EventData for T {}

/// The codec of an event's data.
pub const fn event_data<T: EventData>() -> Codec<T> {
    Codec::for_results()
}
