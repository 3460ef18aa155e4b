//! Counts the records that a search has read and its work, and enforces the limits.

use super::{RunningScan, charge_current};
use crate::core::error::{Error, ErrorKind, Result};
use std::cell::Cell;

/// The cost of reading one record, in bytes of JSON that could be parsed instead.
const RECORD: usize = 64;
/// The cost of reading one index entry without its record.
const ENTRY: usize = 8;
/// The cost of finding the beginning of a range in an index.
const SEEK: usize = 128;
/// The cost of finding the index range for one value of a filter, regardless of the size of the range.
const OPERAND: usize = 64;
/// The number of entries that the beginning of a range counts as.
pub(crate) const ENTRIES_PER_SEEK: usize = SEEK / ENTRY;
/// The number of entries that are read in the time of one record.
pub(crate) const ENTRIES_PER_RECORD: usize = RECORD / ENTRY;
/// The number of records that are charged at a time.
const AT_A_TIME: usize = 100;
/// The maximum work on the caller's thread: some tens of microseconds.
const AT_ONCE: usize = 96 * 1024;
/// The amount of work between two checks for a stop.
const BETWEEN_CHECKS: usize = 64 * 1024;

/// Work that was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScanWork {
    /// The number of records that were read.
    pub(crate) records: usize,
    /// The bytes that were parsed and compared, plus other work expressed in bytes.
    pub(crate) bytes: usize,
}

/// Counts the records that a search reads from the table and the indexes, whether or not they match,
/// and enforces their maximum.
///
/// It charges the owner of the search for the work, at the latest when it is dropped.
#[derive(Debug)]
pub(crate) struct Visits<'s> {
    made: Cell<usize>,
    max: usize,
    work: Cell<usize>,
    /// The amount of work at which to check for a stop.
    check_at: Cell<usize>,
    charged: Cell<ScanWork>,
    /// The scan that the search is a part of; `None` on the caller's thread.
    scan: Option<&'s RunningScan>,
}

impl<'s> Visits<'s> {
    /// Creates the counter of a search on the caller's thread, which ends when it turns out to be long.
    pub(crate) fn at_once(max: usize) -> Self {
        Self::new(max, AT_ONCE, None)
    }

    /// Creates the counter of a scan.
    pub(crate) fn of(scan: &'s RunningScan, max: usize) -> Self {
        Self::new(max, BETWEEN_CHECKS, Some(scan))
    }

    fn new(max: usize, check_at: usize, scan: Option<&'s RunningScan>) -> Self {
        Self {
            made: Cell::new(0),
            max,
            work: Cell::new(0),
            check_at: Cell::new(check_at),
            charged: Cell::default(),
            scan,
        }
    }

    /// Counts one more record, of which `parsed` bytes were parsed.
    ///
    /// # Errors
    ///
    /// If the maximum is exceeded, or the search has to stop: the result is incomplete.
    pub(crate) fn visit(&self, parsed: usize) -> Result<()> {
        let made = self.made.get().saturating_add(1);
        self.made.set(made);
        if made > self.max {
            return Err(self.refusal());
        }
        self.note_work(RECORD.saturating_add(parsed))
    }

    /// Counts index entries that were read consecutively without their records.
    pub(crate) fn note_entries(&self, entries: usize) -> Result<()> {
        self.note_work(entries.saturating_mul(ENTRY).saturating_add(SEEK))
    }

    /// Counts values of a filter whose index ranges have to be found.
    pub(crate) fn note_operands(&self, operands: usize) -> Result<()> {
        self.note_work(operands.saturating_mul(OPERAND))
    }

    /// Counts bytes that were parsed or compared.
    ///
    /// # Errors
    ///
    /// If the search has to stop.
    pub(crate) fn note_work(&self, bytes: usize) -> Result<()> {
        let work = self.work.get().saturating_add(bytes);
        self.work.set(work);
        if work < self.check_at.get() {
            return Ok(());
        }
        match self.scan {
            Some(scan) => {
                self.check_at.set(work.saturating_add(BETWEEN_CHECKS));
                scan.checkpoint(self.take_uncharged(false), work)
            }
            // The caller checks `is_long`, and restarts on another thread.
            None => Err(Error::new(ErrorKind::TooMany, "the search is long")),
        }
    }

    /// Returns whether a search on the caller's thread has ended because it is long.
    pub(crate) fn is_long(&self) -> bool {
        self.scan.is_none() && self.work.get() >= self.check_at.get()
    }

    /// Returns the number of records that were read.
    pub(crate) fn made(&self) -> usize {
        self.made.get()
    }

    /// Returns the number of records that may still be read.
    pub(crate) fn left(&self) -> usize {
        self.max.saturating_sub(self.made.get())
    }

    /// Returns the maximum number of records.
    pub(crate) fn max(&self) -> usize {
        self.max
    }

    /// Returns the work since the last call. Only full hundreds of records are charged until the end,
    /// and then the rest as one more.
    fn take_uncharged(&self, is_end: bool) -> ScanWork {
        let charged = self.charged.get();
        let records = self.made.get() - charged.records.min(self.made.get());
        let hundreds = if is_end {
            records.div_ceil(AT_A_TIME)
        } else {
            records / AT_A_TIME
        };
        let work = ScanWork {
            records: hundreds * AT_A_TIME,
            bytes: self.work.get() - charged.bytes,
        };
        self.charged.set(ScanWork {
            records: charged.records + work.records,
            bytes: charged.bytes + work.bytes,
        });
        work
    }

    fn refusal(&self) -> Error {
        let message = format!(
            "the query visits more records than the limit `max_visited` of {}; \
                filter by the id or by an indexed property",
            self.max
        );
        let error = Error::new(ErrorKind::TooMany, message);
        error.with_limit("max_visited", self.max)
    }
}

impl Drop for Visits<'_> {
    fn drop(&mut self) {
        let work = self.take_uncharged(true);
        match self.scan {
            Some(scan) => scan.charge(work),
            // Work that is repeated on another thread is charged there.
            None if self.is_long() => {}
            None => charge_current(work),
        }
    }
}
