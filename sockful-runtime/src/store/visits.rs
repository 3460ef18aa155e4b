//! How many records a search has read and how much work that was, and how many it may read.

use crate::core::error::{Error, ErrorKind, Result};
use std::cell::Cell;

/// What it costs to read one record, in bytes of JSON that could be parsed instead.
const RECORD: usize = 64;
/// What it costs to read one entry of an index without its record.
const ENTRY: usize = 8;

/// How many records a search has read from the table and the indexes, whether or not they match, and
/// how many it may.
#[derive(Debug)]
pub(super) struct Visits {
    made: Cell<usize>,
    work: Cell<usize>,
    max: usize,
}

impl Visits {
    pub(super) fn new(max: usize) -> Self {
        Self {
            made: Cell::new(0),
            work: Cell::new(0),
            max,
        }
    }

    /// Counts one more record, of which so many bytes were parsed.
    ///
    /// # Errors
    ///
    /// If there are more than allowed: what was found is not all.
    pub(super) fn visit(&self, parsed: usize) -> Result<()> {
        let made = self.made.get().saturating_add(1);
        self.made.set(made);
        if made > self.max {
            return Err(self.refusal());
        }
        self.note_work(RECORD.saturating_add(parsed))
    }

    /// Counts entries of an index that were read without their records.
    pub(super) fn note_entries(&self, entries: usize) -> Result<()> {
        self.note_work(entries.saturating_mul(ENTRY))
    }

    /// Counts so many bytes that were parsed or compared.
    #[expect(clippy::unnecessary_wraps, reason = "work will be bounded")]
    pub(super) fn note_work(&self, bytes: usize) -> Result<()> {
        self.work.set(self.work.get().saturating_add(bytes));
        Ok(())
    }

    /// How many records were read.
    pub(super) fn made(&self) -> usize {
        self.made.get()
    }

    /// How many records may be read.
    pub(super) fn max(&self) -> usize {
        self.max
    }

    fn refusal(&self) -> Error {
        let message = format!(
            "this looks at more records than `max_visited` allows, which is {}; \
             ask by the id, or by a property that has an index",
            self.max
        );
        let error = Error::new(ErrorKind::TooMany, message);
        error.with_limit("max_visited", self.max)
    }
}
