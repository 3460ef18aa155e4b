//! What hooks must take and return.

use super::BeError;
use crate::core::error::{Error, Result};
use crate::engine::auth::policy::Judged;
use crate::engine::call::context::Context;
use crate::hook::Hooked;
use crate::model::resource::Resource;

/// What a hook may borrow beside the stored record: the call's [`Context`].
#[diagnostic::on_unimplemented(
    message = "a hook is not given a `{Self}`",
    label = "only `&Context` can be borrowed, and what is stored as `old`",
    note = "call the parameter `old` if it is the stored record: `old: &Self`, or `old: Option<&Self>` where there may be none"
)]
pub trait BeGiven {
    /// Itself.
    fn of(context: &Context) -> &Self;
}

impl BeGiven for Context {
    fn of(context: &Context) -> &Self {
        context
    }
}

/// The context as what the hook asks for.
pub fn given<T: BeGiven + ?Sized>(context: &Context) -> &T {
    T::of(context)
}

/// What a hook returns: nothing, or a `Result` of nothing.
#[diagnostic::on_unimplemented(
    message = "a hook can't return a `{Self}`",
    label = "nobody would get it",
    note = "write a hook that returns nothing, or `sockful::Result<()>` where it may refuse"
)]
pub trait BeNothing {}

impl BeNothing for () {}

/// What a hook returned.
///
/// # Errors
///
/// What the hook returned as one.
pub fn hooked<T: BeNothing, E: BeError>(returned: std::result::Result<T, E>) -> Result<()> {
    returned.map(|_| ()).map_err(Into::into)
}

/// The records that hooks and policies are called with.
///
/// It keeps the functions that need `R` to be a resource, so that a type that is none gives one
/// error, and none for each of them.
#[derive(Debug)]
pub struct Records<R> {
    record: fn(&Hooked<'_>) -> Result<R>,
    old: fn(&Hooked<'_>) -> Result<Option<R>>,
    keep: fn(&Hooked<'_>, &R) -> Result<()>,
    judged: fn(&Judged<'_>) -> Result<R>,
}

impl<R: Resource> Records<R> {
    /// The functions.
    pub const OF: Self = Self {
        record: |call| call.record(),
        old: |call| call.old(),
        keep: |call, record| call.keep(record),
        judged: |judged| judged.record(),
    };
}

/// What [`Records`] gives for types that are no resources; it only stands in beside an error.
pub trait NoRecords {
    /// The type.
    type Of;
    /// Functions that are never called.
    const OF: Records<Self::Of>;
}

impl<R> NoRecords for Records<R> {
    type Of = R;
    const OF: Self = Self {
        record: |_| Err(unserved()),
        old: |_| Err(unserved()),
        keep: |_, _| Err(unserved()),
        judged: |_| Err(unserved()),
    };
}

fn unserved() -> Error {
    Error::internal("a hook or a policy of what is no resource")
}

impl<R> Records<R> {
    /// The record to be; the one that goes, where it is destroyed.
    ///
    /// # Errors
    ///
    /// Where there is none, or its type can't read it.
    pub fn record(&self, call: &Hooked<'_>) -> Result<R> {
        (self.record)(call)
    }

    /// The record that a policy judges.
    ///
    /// # Errors
    ///
    /// Where there is none, or its type can't read it.
    pub fn judged(&self, judged: &Judged<'_>) -> Result<R> {
        (self.judged)(judged)
    }

    /// The stored record, where there is one.
    ///
    /// # Errors
    ///
    /// Where its type can't read it.
    pub fn old(&self, call: &Hooked<'_>) -> Result<Option<R>> {
        (self.old)(call)
    }

    /// The stored record, which is there.
    ///
    /// # Errors
    ///
    /// Where it is not, or its type can't read it.
    pub fn stored(&self, call: &Hooked<'_>) -> Result<R> {
        self.old(call)?
            .ok_or_else(|| Error::internal("the hook has no stored record"))
    }

    /// Takes what the hook has made of the record.
    ///
    /// # Errors
    ///
    /// Where it breaks a rule.
    pub fn keep(&self, call: &Hooked<'_>, record: &R) -> Result<()> {
        (self.keep)(call, record)
    }
}
