//! How many records a search has looked at, and how many it may.

use crate::core::error::{Error, ErrorKind, Result};
use crate::model::record::Record;
use std::cell::Cell;
use std::sync::Arc;

/// How many records a search has taken out of the table and the indexes, be they used or dropped,
/// and how many it may.
#[derive(Debug)]
pub(super) struct Visits {
    made: Cell<usize>,
    max: usize,
}

impl Visits {
    pub(super) fn new(max: usize) -> Self {
        let made = Cell::new(0);
        Self { made, max }
    }

    /// The same records, each counted where it is taken; they end where there were too many.
    pub(super) fn taken<'a>(
        &self,
        records: impl Iterator<Item = &'a Arc<Record>>,
    ) -> impl Iterator<Item = &'a Arc<Record>> {
        records.take_while(|_| self.visit())
    }

    /// Counts one more record, and says whether it may be looked at.
    pub(super) fn visit(&self) -> bool {
        let made = self.made.get().saturating_add(1);
        self.made.set(made);
        made <= self.max
    }

    pub(super) fn made(&self) -> usize {
        self.made.get()
    }

    /// Asks that there were not too many: else what was found is not all.
    pub(super) fn check(&self) -> Result<()> {
        if self.made.get() <= self.max {
            return Ok(());
        }
        let message = format!(
            "this looks at more records than `max_visited` allows, which is {}; \
             ask by the id, or by a property that has an index",
            self.max
        );
        let error = Error::new(ErrorKind::TooMany, message);
        Err(error.with_limit("max_visited", self.max))
    }
}
