//! A batch of commits in one transaction.

use crate::core::error::{Error, Result};
use crate::store::commit::{Commit, Committed, Rejected};
use crate::store::idempotency::index::IndexedRequest;
use crate::store::sqlite::tables::log::LogEnd;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A queued commit, and the channel for its result.
#[derive(Debug)]
pub(crate) struct CommitJob {
    pub(crate) commit: Commit,
    pub(crate) answer: CommitReply,
}

/// The commits of one transaction.
pub(crate) struct Batch {
    /// The time of the commits, in milliseconds since 1970.
    pub(crate) at: u64,
    /// The end of the log after them.
    pub(crate) end: LogEnd,
    pub(crate) done: Vec<BatchedCommit>,
}

/// The result of a commit, and the channel for it. A rejection has to wait as well, since its reason
/// may be another commit that is not on the disk yet.
pub(crate) struct BatchedCommit {
    pub(crate) written: Result<Written, Rejected>,
    pub(crate) answer: CommitReply,
}

/// An applied commit, and its request.
pub(crate) struct Written {
    pub(crate) committed: Arc<Committed>,
    pub(crate) key: Option<IndexedRequest<()>>,
}

pub(crate) type CommitReply = oneshot::Sender<Result<Arc<Committed>, Rejected>>;

pub(crate) fn refuse(answer: CommitReply, error: Error) {
    // The caller may have been dropped.
    drop(answer.send(Err(Rejected::Failed(error))));
}
