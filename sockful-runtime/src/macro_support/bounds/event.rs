//! What events ask of types.

use crate::model::codec::Codec;
use schemars::JsonSchema;
use serde::Serialize;

/// A type whose values can be told of an event.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be what an event tells",
    label = "needs `Serialize` and `JsonSchema`",
    note = "add #[derive(serde::Serialize, schemars::JsonSchema)] to it, or to the types in it that lack them",
    note = "a resource with private properties would leak them: tell a type that has only what may be seen"
)]
pub trait BeEvent: Serialize + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema> BeEvent for T {}

/// The codec of what an event tells.
pub const fn event<T: BeEvent>() -> Codec<T> {
    Codec::for_results()
}
