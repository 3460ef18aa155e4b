//! The filter that read policies add to every query of a caller.

use super::QueryFilter;
use super::values::{Fields, RecordValues};
use crate::model::record::Record;
use std::sync::Arc;

/// The records of one resource that a caller may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadFilter(Option<Arc<QueryFilter>>);

impl ReadFilter {
    /// Allows every record.
    pub(crate) const ALL: Self = Self(None);

    /// Allows the records that match `filter`.
    pub(crate) fn of(filter: Arc<QueryFilter>) -> Self {
        Self(Some(filter).filter(|filter| **filter != QueryFilter::All))
    }

    /// Returns whether the caller may read `record`.
    pub(crate) fn allows(&self, record: &Record) -> bool {
        self.0.as_ref().is_none_or(|filter| filter.matches(record))
    }

    /// Returns whether the caller may read a record with these values.
    pub(crate) fn allows_values<F: Fields + ?Sized>(
        &self,
        values: &mut RecordValues<'_, F>,
    ) -> bool {
        self.0.as_ref().is_none_or(|filter| filter.evaluate(values))
    }

    /// Returns the filter, or `None` if every record is allowed.
    pub(crate) fn filter(&self) -> Option<&QueryFilter> {
        self.0.as_deref()
    }

    /// Returns the conjunction of this filter and `filter`.
    pub(crate) fn narrow(&self, filter: QueryFilter) -> QueryFilter {
        match self.filter() {
            None => filter,
            Some(read_filter) => QueryFilter::all_of(vec![read_filter.clone(), filter]),
        }
    }
}
