//! What policies must take and return.

use crate::core::error::Result;
use crate::engine::auth::policy::{Who, unauthenticated};
use crate::engine::call::context::Context;
use crate::query;
use crate::query::typed::Filter;
use std::marker::PhantomData;

/// What a policy may ask for: the user, or the user where there is one.
#[diagnostic::on_unimplemented(
    message = "a policy is not given a `{Self}`",
    label = "the user is borrowed",
    note = "write `who: &User`, or `who: Option<&User>` to judge those too who are nobody"
)]
pub trait BeAsked<'a>: Sized {
    /// The user as that.
    ///
    /// # Errors
    ///
    /// Where there is none and one is asked for, or one of another type.
    fn of(who: Who<'a>) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<'a, U: 'static> BeAsked<'a> for &'a U {
    fn of(who: Who<'a>) -> Result<Self> {
        who.user()?.ok_or_else(unauthenticated)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, U: 'static> BeAsked<'a> for Option<&'a U> {
    fn of(who: Who<'a>) -> Result<Self> {
        who.user()
    }
}

/// What a policy asks for, by its type.
///
/// The constant is inherent for the context, which is no user, and comes from [`Somebody`] for every
/// other type, so the macros need not know `Context` by its name.
#[derive(Debug)]
pub struct Asked<T>(PhantomData<fn(T)>);

impl Asked<&Context> {
    /// What is asked for.
    pub const OF: PhantomData<Context> = PhantomData;
}

impl Asked<Option<&Context>> {
    /// What is asked for.
    pub const OF: PhantomData<Context> = PhantomData;
}

/// A user; whose is for the server to say.
#[derive(Debug)]
pub struct AUser;

/// What every type is but the context.
pub trait Somebody {
    /// What is asked for.
    const OF: PhantomData<AUser> = PhantomData;
}

impl<T> Somebody for Asked<T> {}

/// What decides a policy.
#[diagnostic::on_unimplemented(
    message = "a policy is of the record and the user only",
    label = "a `{Self}` is neither",
    note = "write `who: &User`; what needs the `{Self}` is a #[before(…)] hook"
)]
pub trait BeUser {}

impl BeUser for AUser {}

/// The user as what the policy asks for.
///
/// # Errors
///
/// Where it asks for somebody and there is nobody.
pub fn user<'a, T: BeAsked<'a>>(who: Who<'a>, _: PhantomData<impl BeUser>) -> Result<T> {
    T::of(who)
}

/// What a policy of `read` returns.
#[diagnostic::on_unimplemented(
    message = "what is seen of `{R}` is not said by a `{Self}`",
    label = "these are no conditions on it",
    note = "write a policy of `read` that returns `sockful::Filter<Self>`"
)]
pub trait BeSight<R> {
    /// The conditions.
    fn conditions(self) -> query::QueryFilter;
}

impl<R> BeSight<R> for Filter<R> {
    fn conditions(self) -> query::QueryFilter {
        self.into_inner()
    }
}

/// The conditions on what is seen of `R`.
///
/// # Errors
///
/// None.
pub fn sight<R, T: BeSight<R>>(seen: T) -> Result<query::QueryFilter> {
    Ok(seen.conditions())
}

/// What a policy of all else returns.
#[diagnostic::on_unimplemented(
    message = "a policy says yes or no, and not a `{Self}`",
    label = "is neither",
    note = "write a policy that returns `bool`, of `read` one that returns `sockful::Filter<Self>`"
)]
pub trait BeAnswer {
    /// Whether it is yes.
    fn yes(self) -> bool;
}

impl BeAnswer for bool {
    fn yes(self) -> bool {
        self
    }
}

/// What a policy answered.
///
/// # Errors
///
/// None.
pub fn answer<T: BeAnswer>(answer: T) -> Result<bool> {
    Ok(answer.yes())
}
