//! What policies must take and return.

use super::Records;
use crate::error::Result;
use crate::policy::{Judged, Who, unauthenticated};
use crate::query;
use crate::typed::Filter;
use std::marker::PhantomData;

/// A policy that asks for a user.
#[derive(Debug)]
pub struct Known<U>(PhantomData<fn(U)>);

/// A policy that asks for a user where there is one.
#[derive(Debug)]
pub struct Anybody<U>(PhantomData<fn(U)>);

/// A policy that asks for no user.
#[derive(Debug)]
pub struct Everybody;

/// A function that says which records of `R` a user sees.
#[diagnostic::on_unimplemented(
    message = "this is no policy of what is seen of `{R}`",
    label = "takes or returns something else",
    note = "write `fn name(who: &User) -> sockful::Filter<Self>`, with `Option<&User>` to judge those too who are nobody, or without the parameter if it is the same for all"
)]
pub trait BeSight<R, Asking> {
    /// What this one sees.
    ///
    /// # Errors
    ///
    /// Where it asks for somebody and there is nobody.
    fn see(self, who: Who<'_>) -> Result<Filter<R>>;
}

#[diagnostic::do_not_recommend]
impl<R, U: 'static, F: Fn(&U) -> Filter<R>> BeSight<R, Known<U>> for F {
    fn see(self, who: Who<'_>) -> Result<Filter<R>> {
        Ok(self(who.user()?.ok_or_else(unauthenticated)?))
    }
}

#[diagnostic::do_not_recommend]
impl<R, U: 'static, F: Fn(Option<&U>) -> Filter<R>> BeSight<R, Anybody<U>> for F {
    fn see(self, who: Who<'_>) -> Result<Filter<R>> {
        Ok(self(who.user()?))
    }
}

#[diagnostic::do_not_recommend]
impl<R, F: Fn() -> Filter<R>> BeSight<R, Everybody> for F {
    fn see(self, _: Who<'_>) -> Result<Filter<R>> {
        Ok(self())
    }
}

/// The conditions of what `who` sees.
///
/// # Errors
///
/// Where the policy asks for somebody and there is nobody.
pub fn sight<R, Asking>(policy: impl BeSight<R, Asking>, who: Who<'_>) -> Result<query::Filter> {
    policy.see(who).map(Filter::into_inner)
}

/// A function that says whether a user may do something, alone or with a record of `R`.
#[diagnostic::on_unimplemented(
    message = "this is no policy of who may do something",
    label = "takes or returns something else",
    note = "write `fn name(&self, who: &User) -> bool`, without `&self` where the record makes no difference; `Option<&User>` judges those too who are nobody"
)]
pub trait BePermission<R, Asking> {
    /// Whether this one may, with this record.
    ///
    /// # Errors
    ///
    /// Where it asks for somebody and there is nobody.
    fn may(self, read: impl FnOnce() -> Result<R>, who: Who<'_>) -> Result<bool>;
}

#[diagnostic::do_not_recommend]
impl<R, U: 'static, F: Fn(&R, &U) -> bool> BePermission<R, Known<U>> for F {
    fn may(self, read: impl FnOnce() -> Result<R>, who: Who<'_>) -> Result<bool> {
        let user = who.user()?.ok_or_else(unauthenticated)?;
        Ok(self(&read()?, user))
    }
}

#[diagnostic::do_not_recommend]
impl<R, U: 'static, F: Fn(&R, Option<&U>) -> bool> BePermission<R, Anybody<U>> for F {
    fn may(self, read: impl FnOnce() -> Result<R>, who: Who<'_>) -> Result<bool> {
        let user = who.user()?;
        Ok(self(&read()?, user))
    }
}

#[diagnostic::do_not_recommend]
impl<R, F: Fn(&R) -> bool> BePermission<R, Everybody> for F {
    fn may(self, read: impl FnOnce() -> Result<R>, _: Who<'_>) -> Result<bool> {
        Ok(self(&read()?))
    }
}

/// A function that says whether a user may do something, whatever the record.
#[diagnostic::on_unimplemented(
    message = "this is no policy of who may do something",
    label = "takes or returns something else",
    note = "write `fn name(who: &User) -> bool`, with `&self` before it to judge the record as well; `Option<&User>` judges those too who are nobody"
)]
pub trait BeAdmission<Asking> {
    /// Whether this one may.
    ///
    /// # Errors
    ///
    /// Where it asks for somebody and there is nobody.
    fn may(self, who: Who<'_>) -> Result<bool>;
}

#[diagnostic::do_not_recommend]
impl<U: 'static, F: Fn(&U) -> bool> BeAdmission<Known<U>> for F {
    fn may(self, who: Who<'_>) -> Result<bool> {
        Ok(self(who.user()?.ok_or_else(unauthenticated)?))
    }
}

#[diagnostic::do_not_recommend]
impl<U: 'static, F: Fn(Option<&U>) -> bool> BeAdmission<Anybody<U>> for F {
    fn may(self, who: Who<'_>) -> Result<bool> {
        Ok(self(who.user()?))
    }
}

#[diagnostic::do_not_recommend]
impl<F: Fn() -> bool> BeAdmission<Everybody> for F {
    fn may(self, _: Who<'_>) -> Result<bool> {
        Ok(self())
    }
}

/// Whether it may be done, for whom and with which record it is judged.
///
/// # Errors
///
/// Where the policy asks for somebody and there is nobody.
pub fn permits<R, Asking>(
    policy: impl BePermission<R, Asking>,
    records: &Records<R>,
    judged: &Judged<'_>,
) -> Result<bool> {
    policy.may(|| records.judged(judged), judged.who())
}

/// Whether `who` may do it, whatever the record.
///
/// # Errors
///
/// Where the policy asks for somebody and there is nobody.
pub fn admits<Asking>(policy: impl BeAdmission<Asking>, who: Who<'_>) -> Result<bool> {
    policy.may(who)
}
