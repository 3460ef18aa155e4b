//! What a transaction came to: its commit, and the method that was called in it.

use crate::engine::call::hook::HookAction;
use crate::model::record::Record;
use crate::store::commit::Committed;
use std::sync::Arc;

/// How a transaction ended.
#[derive(Debug)]
pub(crate) enum CommitOutcome {
    /// It was committed.
    Committed(Arc<Committed>),
    /// It did nothing; the newest commit that it has read from, if it has read.
    Unchanged(Option<u64>),
}

impl CommitOutcome {
    /// The commit that was made, or that was read from.
    pub(crate) fn seq(&self) -> Option<u64> {
        match self {
            Self::Committed(committed) => Some(committed.seq),
            Self::Unchanged(seq) => *seq,
        }
    }

    /// The record of this id as it was committed.
    pub(crate) fn stored(&self, resource: usize, id: &str) -> Option<&Arc<Record>> {
        let Self::Committed(committed) = self else {
            return None;
        };
        let stored = committed.changes.iter().filter_map(|change| {
            let after = change.after.as_ref()?;
            (change.resource == resource).then_some(after)
        });
        stored.into_iter().find(|record| record.id() == id)
    }
}

/// The call of a remote method.
#[derive(Clone, Debug)]
pub(crate) struct CalledMethod {
    pub(crate) resource: usize,
    pub(crate) on: HookAction,
    /// The record on which it was called, as it was.
    pub(crate) record: Option<Arc<Record>>,
}
