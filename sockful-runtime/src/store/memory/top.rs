//! The first records of an order, out of any number, in bounded memory.

use crate::model::record::Record;
use crate::query::{QueryOrder, SortKeys};
use std::cmp::Ordering;
use std::sync::Arc;

/// Keeps the first so many of the records that it is offered.
#[derive(Debug)]
pub(super) struct Top<'a> {
    order: &'a [QueryOrder],
    room: usize,
    /// At most twice the room: it is cut down to the room each time it is full.
    kept: Vec<Ranked<'a>>,
}

/// A record with the values that it is sorted by, which are parsed only once.
#[derive(Debug)]
struct Ranked<'a> {
    keys: SortKeys<'a>,
    record: &'a Arc<Record>,
}

impl<'a> Top<'a> {
    pub(super) fn new(order: &'a [QueryOrder], room: usize) -> Self {
        Self {
            order,
            room,
            kept: Vec::new(),
        }
    }

    pub(super) fn offer(&mut self, record: &'a Arc<Record>) {
        let keys = SortKeys::of(self.order, &**record);
        self.kept.push(Ranked { keys, record });
        if self.kept.len() >= self.room.saturating_mul(2) {
            let order = self.order;
            self.kept
                .select_nth_unstable_by(self.room, |a, b| a.compare(b, order));
            self.kept.truncate(self.room);
        }
    }

    /// Those kept, in order.
    pub(super) fn finish(mut self) -> impl Iterator<Item = &'a Arc<Record>> {
        self.kept.sort_unstable_by(|a, b| a.compare(b, self.order));
        self.kept.truncate(self.room);
        self.kept.into_iter().map(|ranked| ranked.record)
    }
}

impl Ranked<'_> {
    fn compare(&self, other: &Self, order: &[QueryOrder]) -> Ordering {
        let ids = (self.record.id(), other.record.id());
        self.keys.compare(&other.keys, order, ids)
    }
}
