//! The remaining bytes of records that a caller can receive.

use super::Several;
use crate::model::record::Record;
use std::cell::Cell;
use std::sync::Arc;

/// Counts the bytes of the records that were read, so that reading stops when they exceed the limit.
#[derive(Debug)]
pub(super) struct ReadRoom(Cell<Option<usize>>);

impl ReadRoom {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self(Cell::new(Some(max_bytes)))
    }

    /// Subtracts the bytes of a record as it is sent.
    pub(super) fn take(&self, record: &Record) {
        let left = self.0.get();
        self.0
            .set(left.and_then(|left| left.checked_sub(record.sent().len())));
    }

    /// Returns the number of bytes left; `None` if the records read so far do not fit.
    pub(super) fn left(&self) -> Option<usize> {
        self.0.get()
    }

    /// Restores the number of bytes left at an earlier time.
    pub(super) fn restore(&self, left: Option<usize>) {
        self.0.set(left);
    }

    /// Returns whether the records read so far fit.
    pub(super) fn is_left(&self) -> bool {
        self.0.get().is_some()
    }

    /// Returns records in the order requested, `None` for an unknown id, until they exceed the limit.
    pub(super) fn get_many<E>(
        &self,
        ids: &[Box<str>],
        get: impl Fn(&str) -> Result<Option<Arc<Record>>, E>,
    ) -> Result<Several, E> {
        self.collect(ids.iter().map(|id| {
            let record = get(id)?;
            if let Some(record) = &record {
                self.take(record);
            }
            Ok(record)
        }))
    }

    /// Reads one item after the other, until the records exceed the limit.
    pub(super) fn collect<T, E>(
        &self,
        items: impl Iterator<Item = Result<T, E>>,
    ) -> Result<Vec<T>, E> {
        let mut read = Vec::new();
        for item in items {
            read.push(item?);
            if !self.is_left() {
                break;
            }
        }
        Ok(read)
    }
}
