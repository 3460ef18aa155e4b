//! The entries of one caller, in the order in which it loses them.

use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The entries that a caller can lose, from the least to the most.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Surplus {
    /// Nothing, unless the limits are exceeded by far.
    Nothing,
    /// Responses.
    Responses,
    /// Keys too: more than half of them are not known to be ahead of the clock.
    Keys,
    /// Greater than the others, as the end of a range.
    End,
}

/// The entries of one caller, by the numbers of their commits.
#[derive(Debug, Default)]
pub(super) struct CallerKeys {
    pub(super) by_key: HashMap<Uuid, u64>,
    /// Entries with their response.
    pub(super) answered: BTreeSet<u64>,
    /// Entries without it.
    pub(super) reduced: BTreeSet<u64>,
    /// Entries that are neither in `answered` nor in `reduced`.
    pub(super) ahead: AheadKeys,
    pub(super) weight: usize,
    pub(super) horizon: Option<u64>,
}

/// One caller's [entries ahead of the clock](IdempotencyIndex::ahead), by the times in their keys.
#[derive(Debug, Default)]
pub(super) struct AheadKeys {
    pub(super) answered: BTreeSet<(u64, u64)>,
    pub(super) reduced: BTreeSet<(u64, u64)>,
}

/// The parts of an entry that determine its list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing {
    /// The time in the key.
    pub(super) time: u64,
    pub(super) seq: u64,
    pub(super) has_response: bool,
}

impl CallerKeys {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    pub(super) fn surplus(&self) -> Surplus {
        if self.answered.len() + self.reduced.len() > self.ahead.len() {
            Surplus::Keys
        } else if self.responses() > 0 {
            Surplus::Responses
        } else {
            Surplus::Nothing
        }
    }

    pub(super) fn responses(&self) -> usize {
        self.answered.len() + self.ahead.answered.len()
    }

    /// Returns the entry, other than `newest`, that is the first to lose its response.
    pub(super) fn oldest_answered(&self, newest: u64) -> Option<u64> {
        let own = self.answered.first().copied();
        let ahead = self.ahead.answered.first().map(|(_, seq)| *seq);
        let is_ahead_first = self.ahead.answered.len() > self.answered.len();
        let order = if is_ahead_first {
            [ahead, own]
        } else {
            [own, ahead]
        };
        order.into_iter().flatten().find(|seq| *seq != newest)
    }

    /// Returns the entry, other than `newest`, that is the first to be removed.
    pub(super) fn oldest(&self, newest: u64) -> Option<u64> {
        let order = [self.reduced.first(), self.answered.first()];
        let mut order = order.into_iter().flatten().copied();
        order.find(|seq| *seq != newest)
    }

    /// Adds an entry to its list.
    pub(super) fn list(&mut self, entry: Listing, is_ahead: bool) {
        let Listing {
            time,
            seq,
            has_response,
        } = entry;
        match (is_ahead, has_response) {
            (false, true) => self.answered.insert(seq),
            (false, false) => self.reduced.insert(seq),
            (true, true) => self.ahead.answered.insert((time, seq)),
            (true, false) => self.ahead.reduced.insert((time, seq)),
        };
    }

    /// Undoes [`list`](Self::list). Returns whether the entry was ahead.
    pub(super) fn unlist(&mut self, entry: Listing) -> bool {
        let Listing {
            time,
            seq,
            has_response,
        } = entry;
        let (own, ahead) = if has_response {
            (&mut self.answered, &mut self.ahead.answered)
        } else {
            (&mut self.reduced, &mut self.ahead.reduced)
        };
        !own.remove(&seq) && ahead.remove(&(time, seq))
    }
}

impl AheadKeys {
    pub(super) fn len(&self) -> usize {
        self.answered.len() + self.reduced.len()
    }

    /// Returns the entry, other than `newest`, that the clock passes first.
    pub(super) fn first(&self, newest: u64) -> Option<u64> {
        let firsts = [self.answered.first(), self.reduced.first()];
        let others = firsts.into_iter().flatten().filter(|it| it.1 != newest);
        others.min().map(|(_, seq)| *seq)
    }
}
