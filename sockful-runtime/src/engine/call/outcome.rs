//! The outcome of a transaction: its commit, and the method that was called.

use crate::engine::call::hook::HookAction;
use crate::model::record::Record;
use crate::store::commit::Committed;
use std::sync::Arc;

/// How a transaction ended.
#[derive(Debug)]
pub(crate) enum CommitOutcome {
    Committed(Arc<Committed>),
    /// Nothing was written. Contains the newest commit that was read from, if any.
    Unchanged(Option<u64>),
}

impl CommitOutcome {
    /// The commit that was made or read from.
    pub(crate) fn seq(&self) -> Option<u64> {
        match self {
            Self::Committed(committed) => Some(committed.seq),
            Self::Unchanged(seq) => *seq,
        }
    }

    /// The committed record with this id.
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
    /// The record on which it was called, before the call.
    pub(crate) record: Option<Arc<Record>>,
}
