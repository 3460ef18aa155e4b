//! Compile-time checks that a property can hold the id of a parent record.

use crate::model::definition::{OnDestroy, Parent};
use crate::model::key::Key;
use crate::model::resource::Resource;
use std::any::TypeId;

/// Creates a relation to `P` by the property at `property`, of type `F`.
///
/// A free function, so that compiler messages show its name without this module.
pub const fn parent<P: Resource, F: RefersTo<P::Id>>(
    property: usize,
    on_destroy: OnDestroy,
    names: [&'static str; 8],
) -> Parent {
    Parent {
        property,
        of: P::NAME,
        type_id: TypeId::of::<P>,
        is_optional: F::IS_OPTIONAL,
        on_destroy,
        names,
    }
}

/// A type that can hold the id of a parent: the type of that id, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of the parent's id, which is `{K}`",
    label = "is not the type of the parent's id",
    note = "write `{K}`, or `Option<{K}>` if the parent is optional"
)]
pub trait RefersTo<K: Key> {
    /// Whether a record may have no parent.
    const IS_OPTIONAL: bool;
}

impl<K: Key> RefersTo<K> for K {
    const IS_OPTIONAL: bool = false;
}

impl<K: Key> RefersTo<K> for Option<K> {
    const IS_OPTIONAL: bool = true;
}
