//! Stages a write in the transaction: runs its hooks and checks its parents.

use crate::core::error::{Error, Fault, Result};
use crate::engine::after_hook_queue::within_call;
use crate::engine::auth::policy::Grant;
use crate::engine::call::context::Context;
use crate::engine::call::hook::{HookAction, HookContext, HookPhase};
use crate::engine::call::outcome::CommitOutcome;
use crate::model::key;
use crate::model::reader::Origin;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use futures_util::FutureExt;
use std::sync::Arc;

/// The result of staging a write of a record.
///
/// It does not hold the record to be stored, so that the commit is its only owner and need not copy
/// it.
#[derive(Debug)]
pub(crate) enum Staged {
    /// The record with this id will be stored.
    Put(Box<str>),
    /// The record is unchanged.
    Same(Arc<Record>),
    /// The record will be removed; this is its previous state.
    Gone(Arc<Record>),
}

/// Stages `record` in place of `stored` after its `#[before]` hooks have run. If the caller needs a
/// `grant`, the policies are checked on the record as changed by the hooks. Returns `None` if the
/// transaction's record is no longer `stored`.
pub(crate) async fn stage(
    context: &Context,
    model: &Model,
    stored: Option<&Arc<Record>>,
    record: Record,
    grant: Option<Grant>,
) -> Result<Option<Staged>> {
    let clock = &context.app().clock;
    let set_managed = |record| model.set_managed(record, stored.map(|it| &**it), clock);
    let is_same = || Ok(stored.cloned().map(Staged::Same));
    let Some(mut record) = set_managed(record) else {
        return is_same();
    };
    let on = if stored.is_some() {
        HookAction::Update
    } else {
        HookAction::Create
    };
    if context
        .app()
        .hooks(model.index, HookPhase::Before, on)
        .next()
        .is_some()
    {
        let run = run_before_hooks(context, model, on, stored, Some(Arc::new(record)));
        let made = run.boxed().await?;
        let made = made.ok_or_else(|| Error::internal("a hook removed the record"))?;
        let Some(made) = set_managed(Arc::unwrap_or_clone(made)) else {
            return is_same();
        };
        record = made;
    }
    if let Some(grant) = grant {
        context.ask(grant, model, Some(&record))?;
    }
    if !context.app().relations.parents(model.index).is_empty() {
        let stored = stored.map(|it| &**it);
        let check = check_parents(context, model, stored, &record, Origin::Server);
        check.boxed().await?;
    }
    let id = Box::<str>::from(record.id());
    let record = Some(Arc::new(record));
    let is_taken = context
        .transaction()?
        .put(model.index, &id, stored, record)?;
    Ok(is_taken.then_some(Staged::Put(id)))
}

/// Runs the `#[before]` hooks of an action in order and returns the record as changed by them.
pub(crate) async fn run_before_hooks(
    context: &Context,
    model: &Model,
    on: HookAction,
    old: Option<&Arc<Record>>,
    record: Option<Arc<Record>>,
) -> Result<Option<Arc<Record>>> {
    let mut hooks = context
        .app()
        .hooks(model.index, HookPhase::Before, on)
        .peekable();
    if hooks.peek().is_none() {
        return Ok(record);
    }
    let id: Option<Box<str>> = record.as_ref().map(|record| record.id().into());
    let context = context.before_commit()?;
    let hooked = HookContext::new(&context, model, old.map(|old| &**old), record);
    for hook in hooks {
        within_call((hook.run)(&hooked)).await?;
        let record = hooked.current();
        if record.as_ref().map(|record| record.id()) != id.as_deref() {
            return Err(Error::internal(format!(
                "the hook `{}` of `{}` changed the id of its record",
                hook.name, model.definition.title
            )));
        }
    }
    Ok(hooked.current())
}

/// Checks that every newly referenced parent of a record exists and can be read by the writer, and
/// adds a read dependency so that it still exists at the commit.
pub(crate) async fn check_parents(
    context: &Context,
    model: &Model,
    stored: Option<&Record>,
    record: &Record,
    by: Origin,
) -> Result<()> {
    let mut faults = Vec::new();
    for link in context.app().relations.parents(model.index) {
        let at = link.parent.property;
        let raw = record.value(at);
        let is_as_before = stored.is_some_and(|stored| stored.value(at) == raw);
        if raw == "null" || is_as_before {
            continue;
        }
        let of = context.model(link.to);
        let exists = match key::canonical(raw, of.definition.key) {
            Ok(id) => context.exists(link.to, &id, by).await?,
            Err(_) => false,
        };
        if !exists {
            let message = format!("refers to no existing `{}`", of.definition.name);
            let path = model.definition.properties[at].name;
            faults.push(Fault::new(path, "parent", message));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::invalid(faults))
    }
}

impl Staged {
    /// The id of the record in the form of [`key::canonical`].
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Put(id) => id,
            Self::Same(record) | Self::Gone(record) => record.id(),
        }
    }

    /// The record as the transaction sees it, or its previous state if it is removed.
    pub(crate) async fn record(self, context: &Context, model: &Model) -> Result<Arc<Record>> {
        match self {
            Self::Put(id) => {
                let record = context.get(model, &id).await?;
                record.ok_or_else(|| Error::internal("a staged record is missing"))
            }
            Self::Same(record) | Self::Gone(record) => Ok(record),
        }
    }

    /// The record as it was committed, or its previous state if it was removed.
    pub(crate) fn settled(self, model: &Model, outcome: &CommitOutcome) -> Result<Arc<Record>> {
        match self {
            Self::Put(id) => outcome
                .stored(model.index, &id)
                .cloned()
                .ok_or_else(|| Error::internal("the store accepted a record but did not store it")),
            Self::Same(record) | Self::Gone(record) => Ok(record),
        }
    }
}
