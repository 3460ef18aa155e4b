//! The first records of an order, out of any number, in bounded memory.

use super::Row;
use crate::core::error::Result;
use crate::model::record::Record;
use crate::query::{Cursor, QueryOrder, SortKeys};
use std::cmp::Ordering;
use std::sync::Arc;

/// Keeps the first so many of the records that it is offered.
#[derive(Debug)]
pub(super) struct Top<'q> {
    order: &'q [QueryOrder],
    room: usize,
    /// At most twice the room: it is cut down to the room each time it is full.
    kept: Vec<Ranked>,
    /// Whether it was cut: then the last of the first `room` comes behind all others of them.
    is_cut: bool,
    /// How many bytes of records are wanted.
    max_bytes: usize,
    /// How many bytes those kept have: at most twice as many, and one record more.
    bytes: usize,
    /// Whether it was cut because of them.
    is_full: bool,
}

/// A record with the values that it is sorted by, which are parsed only once.
#[derive(Debug)]
struct Ranked {
    keys: SortKeys<'static>,
    record: Arc<Record>,
}

impl<'q> Top<'q> {
    /// Keeps `room` records, at least one, and fewer if they have more than `max_bytes`.
    pub(super) fn new(order: &'q [QueryOrder], room: usize, max_bytes: usize) -> Self {
        Self {
            order,
            room: room.max(1),
            kept: Vec::new(),
            is_cut: false,
            max_bytes,
            bytes: 0,
            is_full: false,
        }
    }

    /// Keeps a record if it is among the first so far, and comes behind `after`.
    pub(super) fn offer(&mut self, row: &dyn Row, after: Option<&Cursor>) -> Result<()> {
        let keys = SortKeys::of(self.order, row);
        if after.is_some_and(|after| after.compare_keys(self.order, &keys, row.id()).is_le()) {
            return Ok(());
        }
        if self.is_cut {
            let last = &self.kept[self.room - 1];
            let ids = (row.id(), last.record.id());
            if keys.compare(&last.keys, self.order, ids).is_gt() {
                return Ok(());
            }
        }
        let keys = keys.into_owned();
        let record = row.record()?;
        self.bytes = self.bytes.saturating_add(record.sent().len());
        self.kept.push(Ranked { keys, record });
        if self.bytes / 2 > self.max_bytes {
            self.cut_bytes();
        }
        if self.kept.len() >= self.room.saturating_mul(2) {
            let order = self.order;
            self.kept
                .select_nth_unstable_by(self.room - 1, |a, b| a.compare(b, order));
            self.kept.truncate(self.room);
            self.is_cut = true;
            self.bytes = self.kept.iter().map(Ranked::len).sum();
        }
        Ok(())
    }

    /// Keeps the first records up to the one with which they have too many bytes.
    fn cut_bytes(&mut self) {
        self.kept.sort_unstable_by(|a, b| a.compare(b, self.order));
        self.kept.truncate(self.room);
        self.bytes = 0;
        let mut fitting = 0;
        while self.bytes <= self.max_bytes && fitting < self.kept.len() {
            self.bytes = self.bytes.saturating_add(self.kept[fitting].len());
            fitting += 1;
        }
        if fitting < self.kept.len() {
            self.kept.truncate(fitting);
            self.room = fitting;
            (self.is_cut, self.is_full) = (true, true);
        }
    }

    /// Those kept, in order, and whether there are more than there was room for their bytes.
    pub(super) fn finish(mut self) -> (Vec<Arc<Record>>, bool) {
        self.cut_bytes();
        let records = self.kept.into_iter().map(|ranked| ranked.record);
        (records.collect(), self.is_full)
    }
}

impl Ranked {
    fn len(&self) -> usize {
        self.record.sent().len()
    }

    fn compare(&self, other: &Self, order: &[QueryOrder]) -> Ordering {
        let ids = (self.record.id(), other.record.id());
        self.keys.compare(&other.keys, order, ids)
    }
}
