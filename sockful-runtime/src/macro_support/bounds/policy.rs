//! Bounds of the parameters and results of policies.

use crate::core::error::Result;
use crate::engine::auth::policy::{PolicyUser, unauthenticated};
use crate::engine::call::context::Context;
use crate::query;
use crate::query::typed::Filter;
use std::marker::PhantomData;

/// The parameter of a policy: `&User`, or `Option<&User>` to include unauthenticated callers.
#[diagnostic::on_unimplemented(
    message = "a policy can't have a parameter of type `{Self}`",
    label = "the user must be borrowed",
    note = "write `who: &User`, or `who: Option<&User>` to include unauthenticated clients"
)]
pub trait PolicyArg<'a>: Sized {
    /// Converts the user.
    ///
    /// # Errors
    ///
    /// Fails if the caller is unauthenticated and the type is not an `Option`, or if the user has
    /// another type.
    fn from_user(user: PolicyUser<'a>) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<'a, U: 'static> PolicyArg<'a> for &'a U {
    fn from_user(user: PolicyUser<'a>) -> Result<Self> {
        user.downcast()?.ok_or_else(unauthenticated)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, U: 'static> PolicyArg<'a> for Option<&'a U> {
    fn from_user(user: PolicyUser<'a>) -> Result<Self> {
        user.downcast()
    }
}

/// Distinguishes the [`Context`] from a user by the type of a policy's parameter.
///
/// The constant is inherent for the context and comes from [`UserArgKind`] for every other type, so the
/// macros need not know how `Context` is spelled.
#[derive(Debug)]
pub struct ArgKind<T>(PhantomData<fn(T)>);

impl ArgKind<&Context> {
    /// The kind of the parameter.
    pub const KIND: PhantomData<Context> = PhantomData;
}

impl ArgKind<Option<&Context>> {
    /// The kind of the parameter.
    pub const KIND: PhantomData<Context> = PhantomData;
}

/// The kind of a parameter that is a user of any type.
#[derive(Debug)]
pub struct AnyUser;

/// Fallback of [`ArgKind`] for every type except the context.
pub trait UserArgKind {
    /// The kind of the parameter.
    const KIND: PhantomData<AnyUser> = PhantomData;
}

impl<T> UserArgKind for ArgKind<T> {}

/// The kind of parameter that a policy can have.
#[diagnostic::on_unimplemented(
    message = "a policy depends only on the record and the user",
    label = "`{Self}` is neither the record nor the user",
    note = "write `who: &User`; if the `{Self}` is needed, write a #[before(…)] hook"
)]
pub trait PolicyArgKind {}

impl PolicyArgKind for AnyUser {}

/// Converts the user to the type of a policy's parameter.
///
/// # Errors
///
/// Fails if the caller is unauthenticated and the policy needs a user.
pub fn policy_arg<'a, T: PolicyArg<'a>>(
    user: PolicyUser<'a>,
    _: PhantomData<impl PolicyArgKind>,
) -> Result<T> {
    T::from_user(user)
}

/// The result of a policy of `read`: a `Filter` of the resource.
#[diagnostic::on_unimplemented(
    message = "the policy `read` of `{R}` can't return `{Self}`",
    label = "is not a filter over it",
    note = "return `sockful::Filter<Self>`"
)]
pub trait ReadPolicyOutput<R> {
    /// Converts the filter to the untyped form.
    fn into_filter(self) -> query::QueryFilter;
}

impl<R> ReadPolicyOutput<R> for Filter<R> {
    fn into_filter(self) -> query::QueryFilter {
        self.into_inner()
    }
}

/// Converts the result of a policy of `read`.
///
/// # Errors
///
/// Never fails.
pub fn read_policy_output<R, T: ReadPolicyOutput<R>>(output: T) -> Result<query::QueryFilter> {
    Ok(output.into_filter())
}

/// The result of a policy of an action other than `read`: `bool`.
#[diagnostic::on_unimplemented(
    message = "a policy can't return `{Self}`",
    label = "is not `bool`",
    note = "return `bool`, or `sockful::Filter<Self>` from a policy of `read`"
)]
pub trait PolicyOutput {
    /// Returns whether the policy allows the action.
    fn allows(self) -> bool;
}

impl PolicyOutput for bool {
    fn allows(self) -> bool {
        self
    }
}

/// Converts the result of a policy of an action other than `read`.
///
/// # Errors
///
/// Never fails.
pub fn policy_output<T: PolicyOutput>(output: T) -> Result<bool> {
    Ok(output.allows())
}
