//! What remote methods must take and return.

use crate::core::error::Error;
use crate::engine::call::context::Context;
use crate::model::codec::Codec;
use crate::model::resource::Resource;
use crate::protocol::reply::Told;
use schemars::JsonSchema;
use serde::Serialize;
use std::marker::PhantomData;

/// Asks that `R` is a resource.
pub const fn resource<R: Resource>() {}

/// What a remote method may borrow: the call's [`Context`], nothing else.
#[diagnostic::on_unimplemented(
    message = "a remote method can't borrow a `{Self}`",
    label = "only `&Context` can be borrowed",
    note = "an argument is read from the request and belongs to the method: write the parameter without `&`, with a type that owns its value such as `String`"
)]
pub trait BeContext {
    /// Itself.
    fn of(context: &Context) -> &Self;
}

impl BeContext for Context {
    fn of(context: &Context) -> &Self {
        context
    }
}

/// The context as what the method asks for.
pub fn context<T: BeContext + ?Sized>(context: &Context) -> &T {
    T::of(context)
}

/// A type that a remote method may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the result of a remote method",
    label = "needs `Serialize` and `JsonSchema`",
    note = "add #[derive(serde::Serialize, schemars::JsonSchema)] to it, or to the types in it that lack them",
    note = "a resource with private properties would leak them: return a type that has only what may be seen"
)]
pub trait BeResult: Serialize + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema> BeResult for T {}

/// The codec of a result.
pub const fn result<T: BeResult>(_: PhantomData<T>) -> Codec<T> {
    Codec::for_results()
}

/// What a remote method returned: a result, or a `Result` with one.
///
/// The methods that are inherent for `Result<T, E>` come from [`Plain`] for every other type, so
/// the macros need not know a `Result` by its name.
#[derive(Debug)]
pub struct Returned<T>(pub T);

impl<T, E> Returned<Result<T, E>> {
    /// The type of the result.
    pub const OF: PhantomData<T> = PhantomData;

    /// The result or the error.
    ///
    /// # Errors
    ///
    /// What the method returned as one.
    pub fn split(self) -> Result<T, E> {
        self.0
    }
}

/// [`Returned`] for methods that can't fail.
pub trait Plain {
    /// The type of the result.
    type Of;
    /// The type of the result.
    const OF: PhantomData<Self::Of> = PhantomData;

    /// The result.
    ///
    /// # Errors
    ///
    /// None.
    fn split(self) -> Result<Self::Of, Error>;
}

impl<T> Plain for Returned<T> {
    type Of = T;

    fn split(self) -> Result<T, Error> {
        Ok(self.0)
    }
}

/// An error that a remote method or a hook may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the error of a remote method or a hook",
    label = "needs `Into<sockful::Error>`",
    note = "write `impl From<{Self}> for sockful::Error`, or map it: `.map_err(sockful::Error::internal)`"
)]
pub trait BeError: Into<Error> {}

#[diagnostic::do_not_recommend]
impl<E: Into<Error>> BeError for E {}

/// What a method returned, as it is told to the caller.
///
/// # Errors
///
/// What the method returned as one; and where the result can't be written as JSON.
pub fn told<T, E: BeError>(codec: &Codec<T>, returned: Result<T, E>) -> Result<Told, Error> {
    Told::of(codec, &returned.map_err(Into::into)?)
}
