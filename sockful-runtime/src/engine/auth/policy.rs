//! Policies: pure functions of a record and a user that decide who can read a record or run an action.

use crate::core::error::{Error, ErrorKind, Result};
use crate::model::record::Record;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use crate::query::QueryFilter;
use std::any::{Any, TypeId, type_name};
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A policy of a resource, as `#[remote]` writes it.
#[derive(Debug)]
pub struct Policy {
    /// The method's name.
    pub name: &'static str,
    /// What it decides.
    pub on: &'static [Grant],
    /// The function.
    pub decide: PolicyFn,
}

/// What a policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Which records can be read.
    Read,
    /// Whether a record can be created.
    Create,
    /// Whether a record can be changed.
    Update,
    /// Whether a record can be destroyed.
    Destroy,
    /// Whether a remote method can be called, by its name on the wire.
    Remote(&'static str),
}

/// The function of a policy, by its arguments and result.
#[derive(Debug)]
pub enum PolicyFn {
    /// Returns a filter of the records that the user can read.
    Read(fn(PolicyUser<'_>) -> Result<QueryFilter>),
    /// Decides by the record and the user.
    Record(for<'a> fn(&PolicySubject<'a>) -> Result<bool>),
    /// Decides by the user only.
    User(fn(PolicyUser<'_>) -> Result<bool>),
}

/// The authenticated user of any type, or no user.
#[derive(Clone, Copy)]
pub struct PolicyUser<'a>(UserKind<'a>);

#[derive(Clone, Copy)]
enum UserKind<'a> {
    Unauthenticated,
    Authenticated(&'a (dyn Any + Send + Sync)),
    /// Not a caller: it records the type of user that the policy takes.
    Probe(&'a Cell<Option<UserType>>),
}

impl<'a> PolicyUser<'a> {
    pub(crate) const UNAUTHENTICATED: Self = Self(UserKind::Unauthenticated);

    pub(crate) fn authenticated(user: &'a (dyn Any + Send + Sync)) -> Self {
        Self(UserKind::Authenticated(user))
    }

    /// The user as a `U`.
    ///
    /// # Errors
    ///
    /// Fails if the users of the server have another type.
    pub(crate) fn downcast<U: 'static>(self) -> Result<Option<&'a U>> {
        let other = || Error::internal(format!("no user is a `{}`", type_name::<U>()));
        match self.0 {
            UserKind::Unauthenticated => Ok(None),
            UserKind::Authenticated(user) => user.downcast_ref().map(Some).ok_or_else(other),
            UserKind::Probe(user_type) => {
                user_type.set(Some(UserType::of::<U>()));
                Err(Error::internal("a probe has no user"))
            }
        }
    }

    fn is_unauthenticated(self) -> bool {
        matches!(self.0, UserKind::Unauthenticated)
    }
}

impl fmt::Debug for PolicyUser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_unauthenticated() {
            "unauthenticated"
        } else {
            "authenticated"
        })
    }
}

/// A type of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserType {
    id: TypeId,
    pub(crate) name: &'static str,
}

impl UserType {
    pub(crate) fn of<U: 'static>() -> Self {
        Self {
            id: TypeId::of::<U>(),
            name: type_name::<U>(),
        }
    }
}

/// The arguments of a policy with `&self`: a record and the user.
#[derive(Debug)]
pub struct PolicySubject<'a> {
    record: Option<(&'a Model, &'a Record)>,
    user: PolicyUser<'a>,
}

impl<'a> PolicySubject<'a> {
    /// The record as its type.
    ///
    /// # Errors
    ///
    /// Fails if its type cannot read it.
    pub fn record<R: Resource>(&self) -> Result<R> {
        let missing = || Error::internal("the policy has no record");
        let (model, record) = self.record.ok_or_else(missing)?;
        model.read(record)
    }

    /// The user.
    pub fn user(&self) -> PolicyUser<'a> {
        self.user
    }
}

impl Policy {
    /// Whether it decides which records can be read.
    pub(crate) fn is_of_reading(&self) -> bool {
        self.on.contains(&Grant::Read)
    }

    /// Whether it decides by the user alone.
    pub(crate) fn is_of_user(&self) -> bool {
        matches!(self.decide, PolicyFn::User(_))
    }

    /// The type of the policy's user, or `None` if it takes no user.
    pub(crate) fn user_type(&self) -> Option<UserType> {
        let user_type = Cell::new(None);
        let user = PolicyUser(UserKind::Probe(&user_type));
        // The user is downcast before the policy decides, so its result does not matter.
        let _ = match &self.decide {
            PolicyFn::Read(filter) => self.fail_closed(|| filter(user)).map(drop),
            PolicyFn::Record(is_allowed) => {
                let record = None;
                self.fail_closed(|| is_allowed(&PolicySubject { record, user }))
                    .map(drop)
            }
            PolicyFn::User(is_allowed) => self.fail_closed(|| is_allowed(user)).map(drop),
        };
        user_type.get()
    }

    /// The filter of the records that the user can read.
    ///
    /// # Errors
    ///
    /// Fails if the policy fails, or needs a user and the caller is unauthenticated. Then no record
    /// can be read.
    pub(crate) fn read_filter(&self, user: PolicyUser<'_>) -> Result<QueryFilter> {
        match &self.decide {
            PolicyFn::Read(filter) => self.fail_closed(|| filter(user)),
            PolicyFn::Record(_) | PolicyFn::User(_) => Err(self.misplaced()),
        }
    }

    /// Checks that the user can run an action, on `record` if the action has one.
    ///
    /// # Errors
    ///
    /// Fails with [`ErrorKind::Forbidden`], or with [`ErrorKind::Unauthenticated`] if there is no
    /// user, and if the policy fails.
    pub(crate) fn check(
        &self,
        model: &Model,
        user: PolicyUser<'_>,
        record: Option<&Record>,
    ) -> Result<()> {
        let is_allowed = match (&self.decide, record) {
            (PolicyFn::Record(is_allowed), Some(record)) => {
                let record = Some((model, record));
                let subject = PolicySubject { record, user };
                self.fail_closed(|| is_allowed(&subject))?
            }
            (PolicyFn::User(is_allowed), _) => self.fail_closed(|| is_allowed(user))?,
            (PolicyFn::Record(_), None) | (PolicyFn::Read(_), _) => return Err(self.misplaced()),
        };
        if is_allowed {
            return Ok(());
        }
        Err(if user.is_unauthenticated() {
            unauthenticated()
        } else {
            Error::new(ErrorKind::Forbidden, "this is not yours to do")
        })
    }

    fn fail_closed<T>(&self, decide: impl FnOnce() -> Result<T>) -> Result<T> {
        let panicked = |why: Box<dyn Any + Send>| {
            Err(Error::panicked(
                &format!("the policy `{}`", self.name),
                &*why,
            ))
        };
        catch_unwind(AssertUnwindSafe(decide)).unwrap_or_else(panicked)
    }

    fn misplaced(&self) -> Error {
        Error::internal(format!("the policy `{}` does not decide this", self.name))
    }
}

/// The error for unauthenticated callers of what needs a user.
pub(crate) fn unauthenticated() -> Error {
    let message = "say who you are first, by `sockful.authenticate`";
    Error::new(ErrorKind::Unauthenticated, message)
}
