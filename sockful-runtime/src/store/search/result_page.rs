//! The page of a query's result.

use super::table::Row;
use crate::core::error::Result;
use crate::model::record::Record;
use crate::store::Found;
use std::sync::Arc;

/// The page of the matching records of a query.
pub(super) struct ResultPage {
    pub(super) skip: usize,
    pub(super) limit: usize,
    /// The first records after the skipped ones, in the order of the query, and one after the limit.
    pub(super) records: Vec<Arc<Record>>,
    pub(super) skipped: usize,
    pub(super) max_bytes: usize,
    pub(super) bytes: usize,
    /// Whether the records, as they are sent, exceed the size limit.
    pub(super) is_full: bool,
}

impl ResultPage {
    pub(super) fn new(skip: usize, limit: usize, max_bytes: usize) -> Self {
        Self {
            skip,
            limit,
            records: Vec::new(),
            skipped: 0,
            max_bytes,
            bytes: 0,
            is_full: false,
        }
    }

    /// Adds the next record in order. Skipped records are only counted.
    pub(super) fn add(&mut self, row: &dyn Row) -> Result<()> {
        if self.skipped < self.skip {
            self.skipped += 1;
        } else {
            self.push(row.record()?);
        }
        Ok(())
    }

    /// Adds the next record in order after the skipped ones.
    pub(super) fn push(&mut self, record: Arc<Record>) {
        self.bytes = self.bytes.saturating_add(record.sent().len());
        self.is_full = self.bytes > self.max_bytes;
        self.records.push(record);
    }

    /// Returns whether the page has one record more than the limit, which means that there are more, or
    /// exceeds the size limit.
    pub(super) fn is_complete(&self) -> bool {
        self.is_full || self.records.len() > self.limit
    }

    pub(super) fn finish(mut self) -> Found {
        let more = self.limit > 0 && (self.is_full || self.records.len() > self.limit);
        self.records.truncate(self.limit);
        Found {
            records: self.records,
            more,
            visited: 0,
        }
    }
}
