//! Bounds of the parameters and results of hooks.

use super::MethodError;
use crate::core::error::{Error, Result};
use crate::engine::auth::policy::PolicySubject;
use crate::engine::call::context::Context;
use crate::hook::HookContext;
use crate::model::resource::Resource;

/// A type that a hook can borrow in addition to the stored record: [`Context`].
#[diagnostic::on_unimplemented(
    message = "a hook can't have a parameter of type `{Self}`",
    label = "only `&Context` and the stored record `old` can be parameters",
    note = "if it is the stored record, name the parameter `old`: `old: &Self`, or `old: Option<&Self>` if there may be none"
)]
pub trait HookArg {
    /// Returns the context.
    fn from_context(context: &Context) -> &Self;
}

impl HookArg for Context {
    fn from_context(context: &Context) -> &Self {
        context
    }
}

/// Returns the context as the type of a hook's parameter.
pub fn hook_arg<T: HookArg + ?Sized>(context: &Context) -> &T {
    T::from_context(context)
}

/// The success type of a hook: `()`.
#[diagnostic::on_unimplemented(
    message = "a hook can't return `{Self}`",
    label = "the returned value would be lost",
    note = "return nothing, or `sockful::Result<()>` to reject the write"
)]
pub trait HookOutput {}

impl HookOutput for () {}

/// Converts the result of a hook.
///
/// # Errors
///
/// Returns the error of the hook.
pub fn hook_output<T: HookOutput, E: MethodError>(output: std::result::Result<T, E>) -> Result<()> {
    output.map(|_| ()).map_err(Into::into)
}

/// Reads and stores the records that hooks and policies are called with.
///
/// The functions that need `R` to be a resource are fields, so that a type which is not a resource
/// causes one error, not one for each function.
#[derive(Debug)]
pub struct RecordAccess<R> {
    record: fn(&HookContext<'_>) -> Result<R>,
    old: fn(&HookContext<'_>) -> Result<Option<R>>,
    replace: fn(&HookContext<'_>, &R) -> Result<()>,
    subject: fn(&PolicySubject<'_>) -> Result<R>,
}

impl<R: Resource> RecordAccess<R> {
    /// The functions of a resource.
    pub const FUNCTIONS: Self = Self {
        record: |call| call.record(),
        old: |call| call.old(),
        replace: |call, record| call.replace(record),
        subject: |subject| subject.record(),
    };
}

/// Fallback of [`RecordAccess`] for types that are not resources, which are a compile error anyway.
pub trait NoRecordAccess {
    /// The type.
    type Record;
    /// Functions that are never called.
    const FUNCTIONS: RecordAccess<Self::Record>;
}

impl<R> NoRecordAccess for RecordAccess<R> {
    type Record = R;
    const FUNCTIONS: Self = Self {
        record: |_| Err(not_a_resource()),
        old: |_| Err(not_a_resource()),
        replace: |_, _| Err(not_a_resource()),
        subject: |_| Err(not_a_resource()),
    };
}

fn not_a_resource() -> Error {
    Error::internal("the type of a hook or policy is not a resource")
}

impl<R> RecordAccess<R> {
    /// Returns the record that will be stored; if it is destroyed, the record before.
    ///
    /// # Errors
    ///
    /// Fails if there is no record, or its type cannot read it.
    pub fn record(&self, call: &HookContext<'_>) -> Result<R> {
        (self.record)(call)
    }

    /// Returns the record that a policy decides about.
    ///
    /// # Errors
    ///
    /// Fails if there is no record, or its type cannot read it.
    pub fn subject(&self, subject: &PolicySubject<'_>) -> Result<R> {
        (self.subject)(subject)
    }

    /// Returns the stored record, if there is one.
    ///
    /// # Errors
    ///
    /// Fails if its type cannot read it.
    pub fn old(&self, call: &HookContext<'_>) -> Result<Option<R>> {
        (self.old)(call)
    }

    /// Returns the stored record, which must exist.
    ///
    /// # Errors
    ///
    /// Fails if it does not exist, or its type cannot read it.
    pub fn stored(&self, call: &HookContext<'_>) -> Result<R> {
        self.old(call)?
            .ok_or_else(|| Error::internal("the hook has no stored record"))
    }

    /// Replaces the record with the one that the hook has changed.
    ///
    /// # Errors
    ///
    /// Fails if the record violates a rule.
    pub fn replace(&self, call: &HookContext<'_>, record: &R) -> Result<()> {
        (self.replace)(call, record)
    }
}
