//! The newest commits, oldest first.

use crate::store::Expired;
use crate::store::commit::Committed;
use std::collections::VecDeque;
use std::sync::Arc;

/// The newest commits, as many as its capacity holds and never less than the last one.
#[derive(Debug)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    weight: usize,
    capacity: usize,
}

#[derive(Debug)]
struct Entry {
    committed: Arc<Committed>,
    weight: usize,
}

impl Log {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            weight: 0,
            capacity,
        }
    }

    /// Appends a commit, and hands back those that no longer fit.
    #[must_use = "dropping what was trimmed takes time that nobody should wait for"]
    pub(super) fn push(&mut self, committed: Arc<Committed>) -> Vec<Arc<Committed>> {
        let weight = size_of::<Entry>() + committed.weight();
        self.weight += weight;
        self.entries.push_back(Entry { committed, weight });
        let mut trimmed = Vec::new();
        while self.weight > self.capacity && self.entries.len() > 1 {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.weight -= oldest.weight;
            trimmed.push(oldest.committed);
        }
        trimmed
    }

    /// At most `max` of the commits after number `after`, where the newest is number `head`.
    pub(super) fn after(
        &self,
        head: u64,
        after: u64,
        max: usize,
    ) -> Result<Vec<Arc<Committed>>, Expired> {
        // Numbers are dense, so a distance from the head is a place in the list.
        let behind = head.checked_sub(after).ok_or(Expired)?;
        let behind = usize::try_from(behind).map_err(|_| Expired)?;
        let first = self.entries.len().checked_sub(behind).ok_or(Expired)?;
        let entries = self.entries.range(first..).take(max);
        Ok(entries.map(|entry| Arc::clone(&entry.committed)).collect())
    }
}
