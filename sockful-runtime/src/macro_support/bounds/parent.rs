//! Bounds of relations.

use crate::model::definition::OnDestroy;

/// The type of a parent property that can be set to `None`.
#[diagnostic::on_unimplemented(
    message = "a child can't be detached if its parent's id is of type `{Self}`",
    label = "always contains the id of a parent",
    note = "make the field an `Option<{Self}>`, or write \"cascade\" or \"restrict\""
)]
pub trait OptionalParent {}

impl<T> OptionalParent for Option<T> {}

/// [`OnDestroy::Detach`], for properties that can be set to `None`.
pub const fn detach<T: OptionalParent>() -> OnDestroy {
    OnDestroy::Detach
}
