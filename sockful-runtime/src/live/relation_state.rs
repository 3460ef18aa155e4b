//! The related records of a query with conditions over relations, as known to its group.

use super::evaluation::{GroupQuery, MovedAt};
use std::sync::Arc;

/// The state of the related records of a query.
#[derive(Debug)]
pub(super) struct RelationState {
    /// The ids of the watches.
    pub(super) watches: Vec<u64>,
    /// The newest commit that may have changed them.
    changed_at: u64,
    /// The commit that `resolved` was resolved at.
    resolved_at: u64,
    /// The query as resolved since they last changed; `None` until a subscriber has resolved it.
    /// Until then, commits are not evaluated for the group.
    pub(super) resolved: Option<Arc<GroupQuery>>,
    /// Changes each time when the query is resolved.
    version: u64,
}

impl RelationState {
    pub(super) fn new(watches: Vec<u64>, changed_at: u64) -> Self {
        Self {
            watches,
            changed_at,
            resolved_at: 0,
            resolved: None,
            version: 0,
        }
    }

    /// The part of a page of commits that may have changed the related records, if they were resolved
    /// before.
    pub(super) fn unknown_part(&self, MovedAt { first, last }: MovedAt) -> Option<MovedAt> {
        let is_known = self.resolved.is_some() && last <= self.resolved_at;
        let first = match self.resolved {
            Some(_) => first.max(self.resolved_at + 1),
            None => first,
        };
        (!is_known).then_some(MovedAt { first, last })
    }

    /// Whether a query that was resolved at commit `seq` is still current.
    pub(super) fn is_current(&self, seq: u64) -> bool {
        seq >= self.changed_at
    }

    /// Notes that commit `last` may have changed the related records. Returns the query as it was
    /// resolved before.
    pub(super) fn change(&mut self, last: u64) -> Option<Arc<GroupQuery>> {
        self.changed_at = self.changed_at.max(last);
        self.resolved.take()
    }

    /// Sets the query as resolved at commit `seq`.
    pub(super) fn resolve(&mut self, seq: u64, query: Arc<GroupQuery>) {
        self.resolved = Some(query);
        self.resolved_at = seq;
        self.version += 1;
    }

    /// The version of the resolved query; `None` while there is none.
    pub(super) fn version(&self) -> Option<u64> {
        self.resolved.as_ref().map(|_| self.version)
    }
}
