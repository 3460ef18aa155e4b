//! What relations ask of types.

use crate::model::definition::OnDestroy;

/// A type that a child can be detached from its parent in.
#[diagnostic::on_unimplemented(
    message = "a child that holds its parent in a `{Self}` can't be detached",
    label = "always holds the id of a parent",
    note = "make the field an `Option<{Self}>`, or write \"cascade\" or \"restrict\""
)]
pub trait BeDetached {}

impl<T> BeDetached for Option<T> {}

/// That children are detached where their parent is destroyed.
pub const fn detach<T: BeDetached>() -> OnDestroy {
    OnDestroy::Detach
}
