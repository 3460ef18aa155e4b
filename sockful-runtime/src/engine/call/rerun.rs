//! Reruns calls when another commit has changed what they have read.

use crate::core::error::{Error, Result};
use crate::engine::call::context::Context;
use crate::engine::guard_locks::{EnteredLocks, GuardLocks, HeldGuardLocks, ResourceSet};
use crate::store::commit::{Commit, Operation, Rejected};
use crate::store::guard::Guard;
use std::time::Duration;
use tokio::time::Instant;

/// How often a call that lists records is rerun before it takes the guard locks.
const MAX_RERUNS: u32 = 3;
/// The longest run that is repeated without the guard locks.
const SHORT_RUN: Duration = Duration::from_secs(1);

/// What the commit of a call with lists reads and writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadListing {
    resources: ResourceSet,
    since: Instant,
}

impl ReadListing {
    /// `since` is when the call read its first list; `None` if it has read none.
    pub(super) fn of(
        since: Option<Instant>,
        operations: &[Operation],
        guards: &[Guard],
    ) -> Option<Self> {
        let since = since?;
        let mut resources = written(operations);
        for operation in operations {
            if let Operation::Assert { resource, .. }
            | Operation::AssertNoChildren { resource, .. } = operation
            {
                resources.add(*resource);
            }
        }
        for guard in guards {
            resources.add(guard.resource);
        }
        Some(Self { resources, since })
    }
}

/// The resources that the operations write.
fn written(operations: &[Operation]) -> ResourceSet {
    let mut written = ResourceSet::default();
    for operation in operations {
        if let Operation::Put { resource, .. } | Operation::Delete { resource, .. } = operation {
            written.add(*resource);
        }
    }
    written
}

/// Enters the guard locks of the written resources, except those that the call itself holds.
/// Returns `None` if another call holds one of them, because a call that holds locks does not wait
/// for others.
pub(super) async fn enter<'a>(
    locks: &'a GuardLocks,
    operations: &[Operation],
    held: ResourceSet,
) -> Option<EnteredLocks<'a>> {
    let written = written(operations).without(held);
    match locks.try_enter(written) {
        Some(entered) => Some(entered),
        None if held.is_empty() => Some(locks.enter(written).await),
        None => None,
    }
}

/// Prepares to rerun a call whose commit was rejected.
///
/// A call without lists waits for a short random time. A call with lists takes the guard locks of
/// all resources that it reads and writes after some reruns, or after a long run: no other commit
/// can interfere with the next run.
pub(super) async fn prepare(context: &Context, listing: Option<ReadListing>) -> Result<()> {
    let Some(listing) = listing else {
        context.back_off().await;
        return Ok(());
    };
    let transaction = context.transaction()?;
    let mut escalation = transaction.take_escalation();
    escalation.failed += 1;
    let held = escalation.locks.as_ref().map(HeldGuardLocks::set);
    let held = held.unwrap_or_default();
    let is_short = listing.since.elapsed() <= SHORT_RUN;
    if held.is_empty() && is_short && escalation.failed <= MAX_RERUNS {
        transaction.escalate(escalation);
        context.back_off().await;
        return Ok(());
    }
    let wanted = held.with(listing.resources);
    if wanted != held {
        // Locks are taken in a fixed order to avoid deadlocks.
        escalation.locks = None;
        escalation.locks = Some(context.app().guard_locks.lock(wanted).await);
        // A commit of an abandoned request may still be in progress. The store orders this one
        // after it.
        drop(context.store().commit(Commit::default()).await);
    }
    transaction.escalate(escalation);
    Ok(())
}

/// Handles a run that has ended with an error. A run that has read from several commits may have
/// failed because these are inconsistent with each other: then it is repeated.
///
/// # Errors
///
/// The error of the run, if what it has read is still current in the store.
pub(crate) async fn after_error(context: &Context, error: Error) -> Result<()> {
    let transaction = context.transaction()?;
    let Some(reads) = transaction.abandon() else {
        return Err(error);
    };
    let listing = ReadListing::of(reads.listed_since, &reads.operations, &reads.guards);
    let commit = Commit {
        operations: reads.operations,
        guards: reads.guards,
        idempotency: None,
    };
    match context.store().commit(commit).await {
        Err(Rejected::Conflict(_) | Rejected::GuardFailed(_)) => prepare(context, listing).await,
        _ => Err(error),
    }
}
