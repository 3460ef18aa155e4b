//! Hooks that run after a commit.

#[cfg(test)]
mod tests;

use crate::core::error::{Error, Result};
use crate::engine::after_hook_queue::{QueuedHooks, within_call};
use crate::engine::call::context::Context;
use crate::engine::call::hook::{Hook, HookAction, HookContext, HookPhase};
use crate::engine::call::outcome::{CalledMethod, CommitOutcome};
use crate::model::record::Record;
use crate::store::commit::RecordChange;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// A hook to run, and the records that it receives.
struct PendingHook {
    hook: &'static Hook,
    resource: usize,
    before: Option<Arc<Record>>,
    after: Option<Arc<Record>>,
}

/// The hooks that a commit triggers.
///
/// The hooks of a request start in a separate task when this is dropped, so that they run even
/// if the request is abandoned. The hooks that another hook triggers run within it, by
/// [`run`](Self::run).
#[must_use]
pub(crate) struct AfterHooks(Option<Box<PendingHooks>>);

/// The hooks of one commit.
struct PendingHooks {
    context: Context,
    all: Vec<PendingHook>,
    /// `None` if another hook has triggered these.
    queued: Option<QueuedHooks>,
}

/// The hooks that a commit triggers.
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

/// Waits until there is room for the hooks that a write of a resource may trigger; of any resource
/// if `None`. Called before a record is locked.
///
/// Commits of an `#[after]` hook need no room: the hooks that they trigger run within it.
pub(crate) async fn wait_for_room(context: &Context, resource: Option<usize>) {
    let app = context.app();
    if context.depth == 0 && app.may_run_after_hooks(resource) {
        app.after_hooks.wait_for_room(&context.caller_id()).await;
    }
}

impl AfterHooks {
    /// Collects the hooks that a commit triggers.
    pub(crate) fn of(
        context: &Context,
        outcome: &CommitOutcome,
        called: Option<CalledMethod>,
    ) -> Self {
        // Most applications have no hooks, which must not add a cost to each commit.
        if !context.app().has_after_hooks() {
            return Self(None);
        }
        let all = pending_hooks(context, outcome, called);
        if all.is_empty() {
            return Self(None);
        }
        let queue = &context.app().after_hooks;
        Self(Some(Box::new(PendingHooks {
            context: context.clone(),
            all,
            queued: (context.depth == 0).then(|| queue.enter(context.caller_id())),
        })))
    }

    /// Runs the hooks that another hook has triggered; those of a request start when `self` is
    /// dropped. A write of one record has released its lock by then.
    pub(crate) async fn run(mut self) {
        if let Some(hooks) = self.0.take_if(|hooks| hooks.queued.is_none()) {
            // Boxed, because few calls reach this and the others should not reserve space for it.
            run_all(&hooks.context, hooks.all).boxed().await;
        }
    }
}

impl Drop for AfterHooks {
    fn drop(&mut self) {
        let Some(hooks) = self.0.take_if(|hooks| hooks.queued.is_some()) else {
            return;
        };
        // There is no runtime while it shuts down, which also ends all requests.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let permit = hooks.context.app().after_hooks.run_permit().await;
                run_all(&hooks.context, hooks.all).await;
                drop((permit, hooks.queued));
            });
        }
    }
}

async fn run_all(context: &Context, all: Vec<PendingHook>) {
    for one in all {
        let limit = context.app().config.request.request_timeout;
        let run = AssertUnwindSafe(run_hook(context, &one)).catch_unwind();
        let cause = match timeout(limit, run).await {
            Ok(Ok(Ok(()))) => continue,
            Ok(Ok(Err(error))) => format!("{error:?}"),
            Ok(Err(why)) => format!("{:?}", Error::panicked("it", &*why)),
            Err(_) => "timed out".to_owned(),
        };
        let resource = context.model(one.resource).definition.name;
        let hook = one.hook.name;
        tracing::error!(resource, hook, cause, "after-hook failed");
    }
}

async fn run_hook(context: &Context, one: &PendingHook) -> Result<()> {
    let context = context.after_commit()?;
    let (model, record) = (context.model(one.resource), one.after.clone());
    let hooked = HookContext::new(&context, model, one.before.as_deref(), record);
    within_call((one.hook.run)(&hooked)).await
}

fn on(change: &RecordChange) -> HookAction {
    match (&change.before, &change.after) {
        (None, _) => HookAction::Create,
        (Some(_), Some(_)) => HookAction::Update,
        (Some(_), None) => HookAction::Destroy,
    }
}
