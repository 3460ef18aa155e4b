//! The newest commits and completed requests in memory, so that subscribers need not read the file.

use crate::store::StoreLimits;
use crate::store::commit::Committed;
use crate::store::idempotency::index::IndexedRequest;
use crate::store::recent_commits::RecentCommits;
use crate::store::sqlite::tables::idempotency::{Gone, StoredIndex};
use crate::store::sqlite::tables::log::LogEnd;
use std::sync::Arc;

/// The newest published commits, and the requests that made them.
#[derive(Debug)]
pub(super) struct History {
    /// The newest commits, up to the capacity.
    pub(super) recent: RecentCommits,
    pub(super) idempotency: StoredIndex,
}

impl History {
    pub(super) fn new(
        newest: Vec<Arc<Committed>>,
        end: LogEnd,
        idempotency: StoredIndex,
        limits: &StoreLimits,
    ) -> Self {
        let mut recent = RecentCommits::new(limits.log_capacity);
        recent.restart(end.seq);
        let mut trimmed = Vec::new();
        for committed in newest {
            recent.push(committed, &mut trimmed);
        }
        Self {
            recent,
            idempotency,
        }
    }

    /// Appends a commit and its request. Requests and commits that no longer fit are moved to `gone`
    /// and `trimmed`.
    pub(super) fn publish(
        &mut self,
        committed: Arc<Committed>,
        key: Option<IndexedRequest<()>>,
        gone: &mut Gone,
        trimmed: &mut Vec<Arc<Committed>>,
    ) {
        gone.extend(key.into_iter().flat_map(|key| self.idempotency.push(key)));
        self.recent.push(committed, trimmed);
    }
}
