//! How many entries of indexes a search counts to choose between the ways to its records.

use crate::store::scan::visits::{ENTRIES_PER_RECORD, ENTRIES_PER_SEEK};
use std::cell::Cell;

/// How many entries a search counts before it reads the first record, however many branches its
/// conditions have. It takes as long as reading some thousand records.
const ENTRIES: usize = 64 * 1024;

/// How many entries of indexes a search may still count to choose between the ways to its records.
///
/// There are so many at first, and for each record that is read as many more as take the same time:
/// counting never takes much longer than reading. When none are left, the search takes the best way
/// that it knows. The numbers are the same in every store, and so is the way.
#[derive(Debug, Default)]
pub(super) struct PlanningBudget {
    counted: Cell<usize>,
    /// How many are kept for later choices.
    reserved: Cell<usize>,
}

impl PlanningBudget {
    /// How many entries may be counted from one place on, after so many records were read.
    pub(super) fn left(&self, read: usize) -> usize {
        let all = ENTRIES.saturating_add(read.saturating_mul(ENTRIES_PER_RECORD));
        let used = self.counted.get().saturating_add(self.reserved.get());
        all.saturating_sub(used.saturating_add(ENTRIES_PER_SEEK))
    }

    pub(super) fn is_left(&self, read: usize) -> bool {
        self.left(read) > 0
    }

    /// Takes so many entries that were counted from one place on.
    pub(super) fn note(&self, entries: usize) {
        let counted = self.counted.get().saturating_add(entries);
        self.counted.set(counted.saturating_add(ENTRIES_PER_SEEK));
    }

    /// Keeps half of what is left for later. Returns how many were kept before.
    pub(super) fn reserve_half(&self, read: usize) -> usize {
        let reserved = self.reserved.get();
        self.reserved.replace(reserved + self.left(read) / 2)
    }

    /// Keeps so many for later.
    pub(super) fn reserve(&self, entries: usize) {
        self.reserved.set(entries);
    }
}
