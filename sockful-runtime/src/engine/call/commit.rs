//! Commits a transaction and runs the hooks that it triggers.

use crate::core::error::{Error, Result};
use crate::engine::call::after_hooks::AfterHooks;
use crate::engine::call::context::Context;
use crate::engine::call::outcome::{CalledMethod, CommitOutcome};
use crate::engine::call::rerun;
use crate::engine::call::rerun::ReadListing;
use crate::engine::call::response_draft::ResponseDraft;
use crate::engine::call::transaction::emission::Emission;
use crate::protocol::reply;
use crate::store::commit::{Commit, Committed, Emitted, Operation, Rejected};
use futures_util::FutureExt;
use futures_util::future::Either;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Commits the transaction and starts its hooks. Returns `None` if another writer interfered, after
/// a short delay.
///
/// `draft` describes the reply to the caller. `called` is the remote method that was called, if
/// any.
pub(crate) async fn commit(
    context: &Context,
    draft: ResponseDraft<'_>,
    called: Option<CalledMethod>,
) -> Result<Option<CommitOutcome>> {
    let Some((outcome, after)) = commit_before_hooks(context, draft, called).await? else {
        return Ok(None);
    };
    after.run().await;
    Ok(Some(outcome))
}

/// Commits like [`commit`] for a caller that holds a record lock, which it releases before it waits for
/// what follows.
pub(crate) async fn commit_before_hooks(
    context: &Context,
    draft: ResponseDraft<'_>,
    called: Option<CalledMethod>,
) -> Result<Option<(CommitOutcome, AfterCommit)>> {
    let transaction = context.transaction()?;
    let mut finished = transaction.finish()?;
    check_room(context, &finished.operations)?;
    let since = finished.listed_since;
    let listing = ReadListing::of(since, &finished.operations, &finished.guards);
    let locked = transaction.locked();
    if !locked.is_empty() {
        // No other commit to these resources was possible.
        finished.guards.retain(|it| !locked.contains(it.resource));
    }
    let outcome = if finished.operations.is_empty() && finished.guards.is_empty() {
        CommitOutcome::Unchanged(finished.seq)
    } else {
        let locks = &context.app().guard_locks;
        let Some(entered) = rerun::enter(locks, &finished.operations, locked).await else {
            rerun::prepare(context, listing).await?;
            return Ok(None);
        };
        let keyed = context.keyed.as_ref().filter(|_| finished.writes);
        let idempotency = keyed.map(|keyed| {
            let response = draft.pending_response(&finished.operations);
            keyed.idempotency_entry(context.app().clock.now(), response)
        });
        let commit = Commit {
            operations: finished.operations,
            guards: finished.guards,
            idempotency,
        };
        let committed = try_commit(context, commit).await;
        drop(entered);
        match committed {
            Ok(committed) if committed.is_empty() => CommitOutcome::Unchanged(Some(committed.seq)),
            Ok(committed) => CommitOutcome::Committed(committed),
            Err(Rejected::Conflict(_) | Rejected::GuardFailed(_)) => {
                rerun::prepare(context, listing).await?;
                return Ok(None);
            }
            Err(Rejected::Taken {
                resource, property, ..
            }) => {
                return Err(context.model(resource).unique_conflict(property));
            }
            Err(Rejected::Repeated) => return Err(Error::repeated()),
            Err(Rejected::Failed(error)) => return Err(error),
        }
    };
    drop(transaction.take_escalation());
    let after = AfterCommit {
        refresh: start_refresh(context, finished.refreshed),
        hooks: AfterHooks::of(context, &outcome, called),
    };
    if !finished.broadcast.is_empty() {
        broadcast_all(context, finished.broadcast).boxed().await;
    }
    Ok(Some((outcome, after)))
}

/// What follows a commit.
#[must_use]
pub(crate) struct AfterCommit {
    /// The refresh of identities, which continues if the request is abandoned.
    refresh: Option<JoinHandle<()>>,
    hooks: AfterHooks,
}

impl AfterCommit {
    /// Waits until the identities are refreshed, then runs or starts the hooks.
    pub(crate) async fn run(self) {
        if let Some(refresh) = self.refresh {
            drop(refresh.await);
        }
        self.hooks.run().await;
    }
}

fn start_refresh(context: &Context, keys: Vec<Box<str>>) -> Option<JoinHandle<()>> {
    if keys.is_empty() {
        return None;
    }
    // There is no runtime while it shuts down, which also ends all sessions.
    let runtime = Handle::try_current().ok()?;
    let app = context.shared_app();
    Some(runtime.spawn(async move {
        for key in keys {
            app.refresh(&key).await;
        }
    }))
}

/// Sends events that are not part of a commit. An event that fails is lost, because the commit is
/// done.
async fn broadcast_all(context: &Context, emissions: Vec<Emission>) {
    for emission in emissions {
        if let Err(error) = deliver(context, emission).await {
            tracing::debug!(%error, "transient event lost");
        }
    }
}

/// Sends an event to the current subscribers of its record.
pub(super) async fn deliver(context: &Context, emission: Emission) -> Result<()> {
    let stored = context.store().get(emission.resource, &emission.id).await?;
    if let Some(record) = stored.value {
        context.app().broker.broadcast(Emitted {
            resource: emission.resource,
            event: emission.event,
            record,
            data: emission.data.into(),
        });
    }
    Ok(())
}

/// Rejects a record that does not fit in a reply, because it could never be sent to a client.
fn check_room(context: &Context, operations: &[Operation]) -> Result<()> {
    let max = context.app().config.request.max_reply;
    let stored = operations.iter().filter_map(|operation| match operation {
        Operation::Put { record, .. } => Some(record),
        _ => None,
    });
    for record in stored {
        reply::check_room("the record", record.sent().len(), max)?;
    }
    Ok(())
}

/// Commits. While only the store knows the outcome, the request is marked as committing.
async fn try_commit(context: &Context, commit: Commit) -> Result<Arc<Committed>, Rejected> {
    match context.store().commit(commit) {
        Either::Left(answer) => answer.await,
        Either::Right(answer) => {
            context.peer.note_committing(context.request);
            let answer = answer.await;
            context.peer.note_committed(context.request);
            answer
        }
    }
}
