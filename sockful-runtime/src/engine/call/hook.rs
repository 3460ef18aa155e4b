//! Hooks: methods that run before or after a commit.

use crate::core::error::{Error, Result};
use crate::engine::call::context::Context;
use crate::model::record::Record;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use futures_util::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};

/// A hook of a resource, as `#[remote]` writes it.
#[derive(Debug)]
pub struct Hook {
    /// The method's name.
    pub name: &'static str,
    /// When it runs.
    pub phase: HookPhase,
    /// The actions that it runs for.
    pub on: &'static [HookAction],
    /// Runs it.
    pub run: for<'a> fn(&'a HookContext<'a>) -> BoxFuture<'a, Result<()>>,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookPhase {
    /// After validation and before the commit. Its writes are part of the commit.
    Before,
    /// After the commit.
    After,
}

/// An action that a hook runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookAction {
    /// A record is created.
    Create,
    /// A record is changed.
    Update,
    /// A record is destroyed.
    Destroy,
    /// A remote method is called, by its name on the wire.
    Remote(&'static str),
}

/// The argument of a hook: the call's context and the record.
#[derive(Debug)]
pub struct HookContext<'a> {
    context: &'a Context,
    model: &'a Model,
    old: Option<&'a Record>,
    record: Mutex<Option<Arc<Record>>>,
}

impl<'a> HookContext<'a> {
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

    /// The context of the call; before the commit it is that of the transaction.
    pub fn context(&self) -> &Context {
        self.context
    }

    /// The record as it will be stored; when it is destroyed, the record before.
    ///
    /// # Errors
    ///
    /// Fails if there is no record, or its type cannot read it.
    pub fn record<R: Resource>(&self) -> Result<R> {
        let record = self.current();
        let record = record.ok_or_else(|| Error::internal("the hook has no record"))?;
        self.model.read(&record)
    }

    /// The record before the commit, or `None` if there was none.
    ///
    /// # Errors
    ///
    /// Fails if its type cannot read it.
    pub fn old<R: Resource>(&self) -> Result<Option<R>> {
        self.old.map(|old| self.model.read(old)).transpose()
    }

    /// Replaces the record with the one that the hook has changed, after validation.
    ///
    /// # Errors
    ///
    /// Fails with [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if the record violates a rule.
    pub fn replace<R: Resource>(&self, record: &R) -> Result<()> {
        let record = self.model.write(record)?;
        *self.record.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(record));
        Ok(())
    }

    /// The record with the changes of the hooks so far.
    pub(crate) fn current(&self) -> Option<Arc<Record>> {
        let record = self.record.lock();
        record.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
