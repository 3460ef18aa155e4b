//! What is kept at hand of the newest commits, so that those who follow them need not read the file.

use super::idempotency::{Gone, StoredIndex};
use super::log::End;
use crate::core::config::Config;
use crate::store::commit::Committed;
use crate::store::idempotency::index::IndexedRequest;
use crate::store::recent_commits::Log;
use std::sync::Arc;

/// The newest commits and the requests that made them, as far as they are published.
#[derive(Debug)]
pub(super) struct History {
    pub(super) seq: u64,
    /// The newest commits, as many as there is room for.
    pub(super) recent: Log,
    pub(super) idempotency: StoredIndex,
}

impl History {
    pub(super) fn new(
        newest: Vec<Arc<Committed>>,
        end: End,
        idempotency: StoredIndex,
        config: &Config,
    ) -> Self {
        let mut recent = Log::new(config.log_capacity);
        for committed in newest {
            drop(recent.push(committed));
        }
        Self {
            seq: end.seq,
            recent,
            idempotency,
        }
    }

    /// Takes in a commit and the request that made it, notes which keys no longer fit, and hands back
    /// the commits that are no longer at hand.
    #[must_use = "dropping them takes time that nobody should wait for"]
    pub(super) fn publish(
        &mut self,
        committed: Arc<Committed>,
        key: Option<IndexedRequest<u64>>,
        gone: &mut Gone,
    ) -> Vec<Arc<Committed>> {
        self.seq = committed.seq;
        gone.extend(key.into_iter().flat_map(|key| self.idempotency.push(key)));
        self.recent.push(committed)
    }
}
