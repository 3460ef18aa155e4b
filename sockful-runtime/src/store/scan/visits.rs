//! How many records a search has read and how much work that was, and how much it may be.

use super::{RunningScan, charge_current};
use crate::core::error::{Error, ErrorKind, Result};
use std::cell::Cell;

/// What it costs to read one record, in bytes of JSON that could be parsed instead.
const RECORD: usize = 64;
/// What it costs to read one entry of an index without its record.
const ENTRY: usize = 8;
/// What it costs to find the beginning of a range in an index.
const SEEK: usize = 128;
/// What it costs to find the range of an index for one value of a filter, whatever is in it.
const OPERAND: usize = 64;
/// As how many entries the beginning of a range counts.
pub(crate) const ENTRIES_PER_SEEK: usize = SEEK / ENTRY;
/// How many entries are read as fast as one record.
pub(crate) const ENTRIES_PER_RECORD: usize = RECORD / ENTRY;
/// How many records are charged at a time.
const AT_A_TIME: usize = 100;
/// How much work is done at once where it is asked for: some tens of microseconds.
const AT_ONCE: usize = 96 * 1024;
/// How much work is done between two checks for a stop.
const BETWEEN_CHECKS: usize = 64 * 1024;

/// Work that was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScanWork {
    /// How many records were read.
    pub(crate) records: usize,
    /// The bytes that were parsed and compared, and what else there was to do in bytes.
    pub(crate) bytes: usize,
}

/// How many records a search has read from the table and the indexes, whether or not they match, and
/// how many it may.
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
    /// The scan that it is a part of; none on the caller's thread.
    scan: Option<&'s RunningScan>,
}

impl<'s> Visits<'s> {
    /// Those of a search on the caller's thread, which ends when it turns out to be long.
    pub(crate) fn at_once(max: usize) -> Self {
        Self::new(max, AT_ONCE, None)
    }

    /// Those of a scan.
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

    /// Counts one more record, of which so many bytes were parsed.
    ///
    /// # Errors
    ///
    /// If there are more than allowed, or the search has to end: what was found is not all.
    pub(crate) fn visit(&self, parsed: usize) -> Result<()> {
        let made = self.made.get().saturating_add(1);
        self.made.set(made);
        if made > self.max {
            return Err(self.refusal());
        }
        self.note_work(RECORD.saturating_add(parsed))
    }

    /// Counts entries of an index that were read from one place on without their records.
    pub(crate) fn note_entries(&self, entries: usize) -> Result<()> {
        self.note_work(entries.saturating_mul(ENTRY).saturating_add(SEEK))
    }

    /// Counts values of a filter for which ranges of indexes are to be found.
    pub(crate) fn note_operands(&self, operands: usize) -> Result<()> {
        self.note_work(operands.saturating_mul(OPERAND))
    }

    /// Counts so many bytes that were parsed or compared.
    ///
    /// # Errors
    ///
    /// If the search has to end.
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
            // The caller sees `is_long`, and begins again elsewhere.
            None => Err(Error::new(ErrorKind::TooMany, "the search is long")),
        }
    }

    /// Whether a search on the caller's thread has ended because it is long.
    pub(crate) fn is_long(&self) -> bool {
        self.scan.is_none() && self.work.get() >= self.check_at.get()
    }

    /// How many records were read.
    pub(crate) fn made(&self) -> usize {
        self.made.get()
    }

    /// How many more records may be read.
    pub(crate) fn left(&self) -> usize {
        self.max.saturating_sub(self.made.get())
    }

    /// How many records may be read.
    pub(crate) fn max(&self) -> usize {
        self.max
    }

    /// The work since the last time. Of the records only full hundreds are charged until the end, and
    /// then what is left as one more.
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
            "this looks at more records than `max_visited` allows, which is {}; \
             ask by the id, or by a property that has an index",
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
            // What is done again elsewhere is charged there.
            None if self.is_long() => {}
            None => charge_current(work),
        }
    }
}
