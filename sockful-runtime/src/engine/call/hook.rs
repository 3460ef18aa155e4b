//! Hooks: what runs before a commit and after it.

use crate::core::error::{Error, Result};
use crate::engine::call::context::Context;
use crate::model::record::Record;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use futures_util::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};

/// A hook of a resource. Laid down by `#[remote]`.
#[derive(Debug)]
pub struct Hook {
    /// The method's name.
    pub name: &'static str,
    /// When it runs.
    pub phase: Phase,
    /// On what it runs.
    pub on: &'static [On],
    /// Runs it.
    pub run: for<'a> fn(&'a Hooked<'a>) -> BoxFuture<'a, Result<()>>,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// After the rules and before the commit, with which it is one.
    Before,
    /// After the commit.
    After,
}

/// On what a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// A record comes to be.
    Create,
    /// A record changes.
    Update,
    /// A record is removed.
    Destroy,
    /// A remote method is called, by its name on the wire.
    Remote(&'static str),
}

/// What a hook is called with.
#[derive(Debug)]
pub struct Hooked<'a> {
    context: &'a Context,
    model: &'a Model,
    old: Option<&'a Record>,
    record: Mutex<Option<Arc<Record>>>,
}

impl<'a> Hooked<'a> {
    pub(crate) fn new(
        context: &'a Context,
        model: &'a Model,
        old: Option<&'a Record>,
        record: Option<Arc<Record>>,
    ) -> Self {
        let record = Mutex::new(record);
        Self {
            context,
            model,
            old,
            record,
        }
    }

    /// The context, of the transaction where the hook runs before its commit.
    pub fn context(&self) -> &Context {
        self.context
    }

    /// The record to be; the one that goes, where it is destroyed.
    ///
    /// # Errors
    ///
    /// Where there is none, or its type can't read it.
    pub fn record<R: Resource>(&self) -> Result<R> {
        let record = self.current();
        let record = record.ok_or_else(|| Error::internal("the hook has no record"))?;
        self.model.read(&record)
    }

    /// The record as it is stored, or was before the commit; `None` where it is or was not there.
    ///
    /// # Errors
    ///
    /// Where its type can't read it.
    pub fn old<R: Resource>(&self) -> Result<Option<R>> {
        self.old.map(|old| self.model.read(old)).transpose()
    }

    /// Takes what a hook has made of the record, after the rules.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where it breaks a rule.
    pub fn keep<R: Resource>(&self, record: &R) -> Result<()> {
        let record = self.model.write(record)?;
        *self.record.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(record));
        Ok(())
    }

    /// The record as the hooks have left it.
    pub(crate) fn current(&self) -> Option<Arc<Record>> {
        let record = self.record.lock();
        record.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
