//! Commits on their way through one transaction.

use super::log::LogEnd;
use crate::core::error::{Error, Result};
use crate::store::commit::{Commit, Committed, Rejected};
use crate::store::idempotency::index::IndexedRequest;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A commit that waits to be taken, and who waits for it.
#[derive(Debug)]
pub(super) struct CommitJob {
    pub(super) commit: Commit,
    pub(super) answer: CommitReply,
}

/// Commits of one transaction.
pub(super) struct Batch {
    /// When they are committed, in milliseconds since 1970.
    pub(super) at: u64,
    /// Where the log ends behind them.
    pub(super) end: LogEnd,
    pub(super) done: Vec<BatchedCommit>,
}

/// What became of a commit, and who waits for it: what speaks against one may be another that is not
/// yet on the disk.
pub(super) struct BatchedCommit {
    pub(super) written: Result<Written, Rejected>,
    pub(super) answer: CommitReply,
}

/// A commit that was carried out, and the request that made it.
pub(super) struct Written {
    pub(super) committed: Arc<Committed>,
    pub(super) key: Option<IndexedRequest<u64>>,
}

pub(super) type CommitReply = oneshot::Sender<Result<Arc<Committed>, Rejected>>;

pub(super) fn refuse(answer: CommitReply, error: Error) {
    // Whoever asked may have gone.
    drop(answer.send(Err(Rejected::Failed(error))));
}
