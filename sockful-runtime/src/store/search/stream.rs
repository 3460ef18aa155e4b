//! The records of one value, read ahead for a merge.

use super::table::{Holders, IndexedRecord};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// The records of one value, read ahead for a merge.
pub(super) struct Stream<'v, E> {
    pub(super) holders: Holders<'v>,
    pub(super) entries: VecDeque<E>,
    pub(super) ahead: usize,
    pub(super) is_at_end: bool,
}

/// The first record of a stream.
pub(super) struct StreamHead<E> {
    pub(super) entry: E,
    pub(super) stream: usize,
    pub(super) descending: bool,
}

impl<'v, E> Stream<'v, E> {
    pub(super) fn new(holders: Holders<'v>, ahead: usize) -> Self {
        Self {
            holders,
            entries: VecDeque::new(),
            ahead,
            is_at_end: false,
        }
    }

    pub(super) fn next(&mut self, stream: usize) -> Option<StreamHead<E>> {
        let descending = self.holders.descending;
        let entry = self.entries.pop_front()?;
        Some(StreamHead {
            entry,
            stream,
            descending,
        })
    }
}

/// The greatest in the heap is the one that comes first.
impl<E: IndexedRecord> Ord for StreamHead<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = other.entry.id().cmp(self.entry.id());
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }
}

impl<E: IndexedRecord> PartialOrd for StreamHead<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E: IndexedRecord> PartialEq for StreamHead<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<E: IndexedRecord> Eq for StreamHead<E> {}
