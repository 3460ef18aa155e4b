//! The budget for counting index entries to choose between candidate sets.

use crate::store::scan::visits::{ENTRIES_PER_RECORD, ENTRIES_PER_SEEK};
use std::cell::Cell;

/// The number of entries that a search may count before it reads the first record, regardless of the
/// number of branches in its conditions. This takes as long as reading some thousand records.
const ENTRIES: usize = 64 * 1024;

/// The number of index entries that a search may still count to choose between candidate sets.
///
/// For each record that is read, the budget grows by the entries that take the same time, so counting
/// never takes much longer than reading. When it is used up, the search takes the best set that it
/// knows. The numbers are the same in every store, and so is the choice.
#[derive(Debug, Default)]
pub(super) struct PlanningBudget {
    counted: Cell<usize>,
    /// The number of entries that are reserved for later choices.
    reserved: Cell<usize>,
}

impl PlanningBudget {
    /// Returns the number of entries that may be counted in one range, after `read` records were read.
    pub(super) fn left(&self, read: usize) -> usize {
        let all = ENTRIES.saturating_add(read.saturating_mul(ENTRIES_PER_RECORD));
        let used = self.counted.get().saturating_add(self.reserved.get());
        all.saturating_sub(used.saturating_add(ENTRIES_PER_SEEK))
    }

    pub(super) fn is_left(&self, read: usize) -> bool {
        self.left(read) > 0
    }

    /// Subtracts entries that were counted in one range.
    pub(super) fn note(&self, entries: usize) {
        let counted = self.counted.get().saturating_add(entries);
        self.counted.set(counted.saturating_add(ENTRIES_PER_SEEK));
    }

    /// Reserves half of the rest for later. Returns the previous reservation.
    pub(super) fn reserve_half(&self, read: usize) -> usize {
        let reserved = self.reserved.get();
        self.reserved.replace(reserved + self.left(read) / 2)
    }

    /// Sets the reservation.
    pub(super) fn reserve(&self, entries: usize) {
        self.reserved.set(entries);
    }
}
