//! Bounds of the parameters and results of remote methods.

use crate::core::error::Error;
use crate::engine::call::context::Context;
use crate::model::codec::Codec;
use crate::model::resource::Resource;
use crate::protocol::reply::EncodedOutput;
use schemars::JsonSchema;
use serde::Serialize;
use std::marker::PhantomData;

/// Requires `R` to be a resource.
pub const fn resource<R: Resource>() {}

/// A type that a remote method can borrow: [`Context`].
#[diagnostic::on_unimplemented(
    message = "a remote method can't borrow `{Self}`",
    label = "only `&Context` can be borrowed",
    note = "arguments are deserialized from the request: remove `&`, and write an owned type such as `String`"
)]
pub trait ContextArg {
    /// Returns the context.
    fn from_context(context: &Context) -> &Self;
}

impl ContextArg for Context {
    fn from_context(context: &Context) -> &Self {
        context
    }
}

/// Returns the context as the type of a method's parameter.
pub fn context<T: ContextArg + ?Sized>(context: &Context) -> &T {
    T::from_context(context)
}

/// A type that a remote method can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the result of a remote method",
    label = "must implement `Serialize` and `JsonSchema`",
    note = "add #[derive(serde::Serialize, schemars::JsonSchema)] to it, or to the contained types that lack them",
    note = "a resource with private properties would leak them: return a type with public properties only"
)]
pub trait MethodOutput: Serialize + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema> MethodOutput for T {}

/// The codec of a method's output.
pub const fn output<T: MethodOutput>(_: PhantomData<T>) -> Codec<T> {
    Codec::for_results()
}

/// The return value of a remote method or a hook: a `Result`, or any other type.
///
/// The items are inherent for `Result<T, E>` and come from [`InfallibleReturn`] for every other type,
/// so the macros need not know how `Result` is spelled.
#[derive(Debug)]
pub struct Returned<T>(pub T);

impl<T, E> Returned<Result<T, E>> {
    /// The type of the output.
    pub const OUTPUT: PhantomData<T> = PhantomData;

    /// The output or the error.
    ///
    /// # Errors
    ///
    /// Returns the error of the method.
    pub fn into_result(self) -> Result<T, E> {
        self.0
    }
}

/// Fallback of [`Returned`] for methods that cannot fail.
pub trait InfallibleReturn {
    /// The type of the output.
    type Output;
    /// The type of the output.
    const OUTPUT: PhantomData<Self::Output> = PhantomData;

    /// The output.
    ///
    /// # Errors
    ///
    /// Never fails.
    fn into_result(self) -> Result<Self::Output, Error>;
}

impl<T> InfallibleReturn for Returned<T> {
    type Output = T;

    fn into_result(self) -> Result<T, Error> {
        Ok(self.0)
    }
}

/// An error that a remote method or a hook can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the error of a remote method or a hook",
    label = "must implement `Into<sockful::Error>`",
    note = "write `impl From<{Self}> for sockful::Error`, or map it: `.map_err(sockful::Error::internal)`"
)]
pub trait MethodError: Into<Error> {}

#[diagnostic::do_not_recommend]
impl<E: Into<Error>> MethodError for E {}

/// Encodes the result of a method for the reply.
///
/// # Errors
///
/// Returns the error of the method, and fails if the output cannot be written as JSON or is longer than a
/// reply may be.
pub fn encode_output<T, E: MethodError>(
    codec: &Codec<T>,
    output: Result<T, E>,
    max_reply: usize,
) -> Result<EncodedOutput, Error> {
    EncodedOutput::new(codec, &output.map_err(Into::into)?, max_reply)
}
