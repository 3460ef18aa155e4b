//! The newest commits, as many as there is room for.

use crate::store::commit::Committed;
use std::collections::VecDeque;
use std::sync::Arc;

/// The newest commits without a gap, up to the head.
#[derive(Debug)]
pub(super) struct Ring {
    commits: VecDeque<(Arc<Committed>, usize)>,
    /// The number of the newest.
    head: u64,
    weight: usize,
    capacity: usize,
}

impl Ring {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            commits: VecDeque::new(),
            head: 0,
            weight: 0,
            capacity,
        }
    }

    /// Goes on behind commit `head`, and knows of nothing before.
    pub(super) fn restart(&mut self, head: u64) {
        *self = Self {
            head,
            ..Self::new(self.capacity)
        };
    }

    pub(super) fn head(&self) -> u64 {
        self.head
    }

    /// Takes the next commit, and lets go of the oldest where it needs their room.
    pub(super) fn push(&mut self, committed: Arc<Committed>) {
        let weight = committed.weight();
        self.head = committed.seq;
        self.weight += weight;
        self.commits.push_back((committed, weight));
        while self.weight > self.capacity && self.commits.len() > 1 {
            if let Some((_, weight)) = self.commits.pop_front() {
                self.weight -= weight;
            }
        }
    }

    /// The commit of this number, if it is still there.
    pub(super) fn get(&self, seq: u64) -> Option<&Arc<Committed>> {
        let at = self.place(seq.checked_sub(1)?)?;
        self.commits.get(at).map(|(committed, _)| committed)
    }

    /// All commits behind number `seq`; `None` where some of them are no longer there.
    pub(super) fn after(&self, seq: u64) -> Option<Vec<Arc<Committed>>> {
        let behind = self.commits.range(self.place(seq)?..);
        Some(behind.map(|(committed, _)| committed.clone()).collect())
    }

    /// Where the commit behind number `seq` stands, or would stand. Numbers are dense, so a
    /// distance from the head is a place.
    fn place(&self, seq: u64) -> Option<usize> {
        let behind = usize::try_from(self.head.checked_sub(seq)?).ok()?;
        self.commits.len().checked_sub(behind)
    }
}
