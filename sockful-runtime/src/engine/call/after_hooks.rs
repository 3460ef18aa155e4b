//! Hooks that run after a commit.

use crate::core::error::{Error, Result};
use crate::engine::call::context::Context;
use crate::engine::call::hook::{Hook, HookAction, HookContext, HookPhase};
use crate::engine::call::outcome::{CalledMethod, CommitOutcome};
use crate::model::record::Record;
use crate::store::commit::{Operation, RecordChange};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// A hook that is to run, and what on.
struct PendingHook {
    hook: &'static Hook,
    resource: usize,
    before: Option<Arc<Record>>,
    after: Option<Arc<Record>>,
}

/// Whether any hook runs after a commit of these operations.
fn has_hooks(context: &Context, operations: &[Operation], called: Option<&CalledMethod>) -> bool {
    let any = |resource, on| {
        let mut hooks = context.app().hooks(resource, HookPhase::After, on);
        hooks.next().is_some()
    };
    called.is_some_and(|called| any(called.resource, called.on))
        || operations.iter().any(|operation| match operation {
            Operation::Put { resource, .. } => {
                any(*resource, HookAction::Create) || any(*resource, HookAction::Update)
            }
            Operation::Delete { resource, .. } => any(*resource, HookAction::Destroy),
            _ => false,
        })
}

/// The hooks that a commit leads to.
fn pending_hooks(
    context: &Context,
    outcome: &CommitOutcome,
    called: Option<CalledMethod>,
) -> Vec<PendingHook> {
    let changes = match outcome {
        CommitOutcome::Committed(committed) => committed.changes.as_slice(),
        CommitOutcome::Unchanged(_) => &[],
    };
    let mut all: Vec<PendingHook> = Vec::new();
    for change in changes {
        let hooks = context
            .app()
            .hooks(change.resource, HookPhase::After, on(change));
        all.extend(hooks.map(|hook| PendingHook {
            hook,
            resource: change.resource,
            before: change.before.clone(),
            after: change.after.clone().or_else(|| change.before.clone()),
        }));
    }
    if let Some(called) = called {
        let stored = called.record.as_ref().map(|record| {
            let stored = outcome.stored(called.resource, record.id());
            Arc::clone(stored.unwrap_or(record))
        });
        let hooks = context
            .app()
            .hooks(called.resource, HookPhase::After, called.on);
        all.extend(hooks.map(|hook| PendingHook {
            hook,
            resource: called.resource,
            before: called.record.clone(),
            after: stored.clone(),
        }));
    }
    all
}

/// Waits for a permit, where hooks run after a commit of these operations.
///
/// What an `#[after]` hook commits itself needs none: its own hooks run within it, so that hooks
/// never wait for one another's permits.
pub(crate) async fn acquire_permit(
    context: &Context,
    operations: &[Operation],
    called: Option<&CalledMethod>,
) -> Option<OwnedSemaphorePermit> {
    if context.depth > 0 || !has_hooks(context, operations, called) {
        return None;
    }
    let permits = context.app().after_hook_permits.clone();
    // The semaphore is never closed.
    permits.acquire_owned().await.ok()
}

/// Runs the hooks that a commit leads to, one after the other: without anybody waiting where
/// there is a permit for them.
pub(crate) async fn run(
    context: &Context,
    outcome: &CommitOutcome,
    called: Option<CalledMethod>,
    permit: Option<OwnedSemaphorePermit>,
) {
    if permit.is_none() && context.depth == 0 {
        return;
    }
    let all = pending_hooks(context, outcome, called);
    let Some(permit) = permit else {
        // Few calls come here, and those that don't need no room for it.
        return run_all(context, all).boxed().await;
    };
    let context = context.clone();
    tokio::spawn(async move {
        run_all(&context, all).await;
        drop(permit);
    });
}

async fn run_all(context: &Context, all: Vec<PendingHook>) {
    for one in all {
        let limit = context.app().config.request.request_timeout;
        let run = AssertUnwindSafe(run_hook(context, &one)).catch_unwind();
        let cause = match timeout(limit, run).await {
            Ok(Ok(Ok(()))) => continue,
            Ok(Ok(Err(error))) => format!("{error:?}"),
            Ok(Err(why)) => format!("{:?}", Error::panicked("it", &*why)),
            Err(_) => "it took too long".to_owned(),
        };
        let resource = context.model(one.resource).definition.name;
        let hook = one.hook.name;
        tracing::error!(resource, hook, cause, "an after-hook failed");
    }
}

async fn run_hook(context: &Context, one: &PendingHook) -> Result<()> {
    let context = context.after_commit()?;
    let (model, record) = (context.model(one.resource), one.after.clone());
    let hooked = HookContext::new(&context, model, one.before.as_deref(), record);
    (one.hook.run)(&hooked).await
}

fn on(change: &RecordChange) -> HookAction {
    match (&change.before, &change.after) {
        (None, _) => HookAction::Create,
        (Some(_), Some(_)) => HookAction::Update,
        (Some(_), None) => HookAction::Destroy,
    }
}
