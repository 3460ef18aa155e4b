//! The filter that read policies put on every record a caller can read.

use super::Filter;
use crate::model::record::Record;
use std::sync::Arc;

/// The records of one resource that a caller may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadFilter(Option<Arc<Filter>>);

impl ReadFilter {
    /// Allows every record.
    pub(crate) const ALL: Self = Self(None);

    /// Allows the records that match `filter`.
    pub(crate) fn of(filter: Arc<Filter>) -> Self {
        Self(Some(filter).filter(|filter| **filter != Filter::All))
    }

    /// Returns whether the caller may read `record`.
    pub(crate) fn allows(&self, record: &Record) -> bool {
        self.0.as_ref().is_none_or(|filter| filter.matches(record))
    }

    /// The filter, or `None` if every record is allowed.
    pub(crate) fn filter(&self) -> Option<&Filter> {
        self.0.as_deref()
    }

    /// Returns the conjunction of this filter and `filter`.
    pub(crate) fn narrow(&self, filter: Filter) -> Filter {
        match self.filter() {
            None => filter,
            Some(read_filter) => Filter::all_of(vec![read_filter.clone(), filter]),
        }
    }
}
