//! Policies: who may see a record, and who may do what. Pure functions of a record and a user.

use crate::core::error::{Error, ErrorKind, Result};
use crate::model::record::Record;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use crate::query::QueryFilter;
use std::any::{Any, TypeId, type_name};
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A policy of a resource. Laid down by `#[remote]`.
#[derive(Debug)]
pub struct Policy {
    /// The method's name.
    pub name: &'static str,
    /// What it decides.
    pub on: &'static [Grant],
    /// Decides.
    pub judge: Judge,
}

/// What a policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Which records are seen.
    Read,
    /// Whether a record may come to be.
    Create,
    /// Whether a record may change.
    Update,
    /// Whether a record may be removed.
    Destroy,
    /// Whether a remote method may be called, by its name on the wire.
    Remote(&'static str),
}

/// How a policy decides.
#[derive(Debug)]
pub enum Judge {
    /// By conditions on the records.
    Read(fn(Who<'_>) -> Result<QueryFilter>),
    /// By a record and a user.
    Record(for<'a> fn(&Judged<'a>) -> Result<bool>),
    /// By the user alone.
    User(fn(Who<'_>) -> Result<bool>),
}

/// A user of whatever type, or nobody.
#[derive(Clone, Copy)]
pub struct Who<'a>(UserKind<'a>);

#[derive(Clone, Copy)]
enum UserKind<'a> {
    Nobody,
    Somebody(&'a (dyn Any + Send + Sync)),
    /// Neither: it notes what type of user is asked for.
    Asked(&'a Cell<Option<UserType>>),
}

impl<'a> Who<'a> {
    pub(crate) const NOBODY: Self = Self(UserKind::Nobody);

    pub(crate) fn somebody(user: &'a (dyn Any + Send + Sync)) -> Self {
        Self(UserKind::Somebody(user))
    }

    /// The user as a `U`.
    ///
    /// # Errors
    ///
    /// Where the server's users are of another type.
    pub(crate) fn user<U: 'static>(self) -> Result<Option<&'a U>> {
        let other = || Error::internal(format!("no user is a `{}`", type_name::<U>()));
        match self.0 {
            UserKind::Nobody => Ok(None),
            UserKind::Somebody(user) => user.downcast_ref().map(Some).ok_or_else(other),
            UserKind::Asked(asked) => {
                asked.set(Some(UserType::of::<U>()));
                Err(Error::internal("nobody is judged"))
            }
        }
    }

    fn is_nobody(self) -> bool {
        matches!(self.0, UserKind::Nobody)
    }
}

impl fmt::Debug for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_nobody() {
            "nobody"
        } else {
            "somebody"
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

/// A record that a policy judges, and for whom.
#[derive(Debug)]
pub struct Judged<'a> {
    record: Option<(&'a Model, &'a Record)>,
    who: Who<'a>,
}

impl<'a> Judged<'a> {
    /// The record as its type.
    ///
    /// # Errors
    ///
    /// Where its type can't read it.
    pub fn record<R: Resource>(&self) -> Result<R> {
        let missing = || Error::internal("no record is judged");
        let (model, record) = self.record.ok_or_else(missing)?;
        model.read(record)
    }

    /// For whom it is judged.
    pub fn who(&self) -> Who<'a> {
        self.who
    }
}

impl Policy {
    /// Whether it says what is seen.
    pub(crate) fn is_of_reading(&self) -> bool {
        self.on.contains(&Grant::Read)
    }

    /// Of which type it takes a user to be; `None` where it asks for none.
    pub(crate) fn user(&self) -> Option<UserType> {
        let asked = Cell::new(None);
        let who = Who(UserKind::Asked(&asked));
        // Whatever it makes of nobody at all, it has asked by then.
        let _ = match &self.judge {
            Judge::Read(see) => self.fail_closed(|| see(who)).map(drop),
            Judge::Record(may) => {
                let record = None;
                self.fail_closed(|| may(&Judged { record, who })).map(drop)
            }
            Judge::User(may) => self.fail_closed(|| may(who)).map(drop),
        };
        asked.get()
    }

    /// The conditions that a record must meet to be seen.
    ///
    /// # Errors
    ///
    /// Where the policy fails, or asks for somebody and there is nobody: then nothing is seen.
    pub(crate) fn read_filter(&self, who: Who<'_>) -> Result<QueryFilter> {
        match &self.judge {
            Judge::Read(see) => self.fail_closed(|| see(who)),
            Judge::Record(_) | Judge::User(_) => Err(self.misplaced()),
        }
    }

    /// Asks that this user may do it; with this record, where it is about one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`]; [`ErrorKind::Unauthenticated`] where there is no user. Where the
    /// policy fails it says no.
    pub(crate) fn ask(&self, model: &Model, who: Who<'_>, record: Option<&Record>) -> Result<()> {
        let may = match (&self.judge, record) {
            (Judge::Record(may), Some(record)) => {
                let record = Some((model, record));
                let judged = Judged { record, who };
                self.fail_closed(|| may(&judged))?
            }
            (Judge::User(may), _) => self.fail_closed(|| may(who))?,
            (Judge::Record(_), None) | (Judge::Read(_), _) => return Err(self.misplaced()),
        };
        if may {
            return Ok(());
        }
        Err(if who.is_nobody() {
            unauthenticated()
        } else {
            Error::new(ErrorKind::Forbidden, "this is not yours to do")
        })
    }

    fn fail_closed<T>(&self, judge: impl FnOnce() -> Result<T>) -> Result<T> {
        let panicked = |why: Box<dyn Any + Send>| {
            Err(Error::panicked(
                &format!("the policy `{}`", self.name),
                &*why,
            ))
        };
        catch_unwind(AssertUnwindSafe(judge)).unwrap_or_else(panicked)
    }

    fn misplaced(&self) -> Error {
        Error::internal(format!("the policy `{}` does not decide this", self.name))
    }
}

/// What is said to nobody where somebody is asked for.
pub(crate) fn unauthenticated() -> Error {
    let message = "say who you are first, by `sockful.authenticate`";
    Error::new(ErrorKind::Unauthenticated, message)
}
