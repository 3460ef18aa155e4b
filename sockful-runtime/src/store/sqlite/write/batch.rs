//! Commits on their way through one transaction.

use crate::core::error::{Error, Result};
use crate::store::commit::{Commit, Committed, Rejected};
use crate::store::idempotency::index::IndexedRequest;
use crate::store::sqlite::tables::log::LogEnd;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A commit that waits to be taken, and who waits for it.
#[derive(Debug)]
pub(crate) struct CommitJob {
    pub(crate) commit: Commit,
    pub(crate) answer: CommitReply,
}

/// Commits of one transaction.
pub(crate) struct Batch {
    /// When they are committed, in milliseconds since 1970.
    pub(crate) at: u64,
    /// Where the log ends behind them.
    pub(crate) end: LogEnd,
    pub(crate) done: Vec<BatchedCommit>,
}

/// What became of a commit, and who waits for it: what speaks against one may be another that is not
/// yet on the disk.
pub(crate) struct BatchedCommit {
    pub(crate) written: Result<Written, Rejected>,
    pub(crate) answer: CommitReply,
}

/// A commit that was carried out, and the request that made it.
pub(crate) struct Written {
    pub(crate) committed: Arc<Committed>,
    pub(crate) key: Option<IndexedRequest<()>>,
}

pub(crate) type CommitReply = oneshot::Sender<Result<Arc<Committed>, Rejected>>;

pub(crate) fn refuse(answer: CommitReply, error: Error) {
    // Whoever asked may have gone.
    drop(answer.send(Err(Rejected::Failed(error))));
}
