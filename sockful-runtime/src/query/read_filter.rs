//! What is seen: the conditions that a policy adds to all others.

use super::Filter;
use crate::model::record::Record;
use std::sync::Arc;

/// Which records of a resource a caller sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight(Option<Arc<Filter>>);

impl Sight {
    /// All of them.
    pub(crate) const ALL: Self = Self(None);

    /// Those that meet these conditions.
    pub(crate) fn of(filter: Arc<Filter>) -> Self {
        Self(Some(filter).filter(|filter| **filter != Filter::All))
    }

    /// Whether the record is among them.
    pub(crate) fn sees(&self, record: &Record) -> bool {
        self.0.as_ref().is_none_or(|filter| filter.matches(record))
    }

    /// The conditions, where there are any.
    pub(crate) fn filter(&self) -> Option<&Filter> {
        self.0.as_deref()
    }

    /// Those that meet other conditions as well.
    pub(crate) fn narrow(&self, filter: Filter) -> Filter {
        match self.filter() {
            None => filter,
            Some(sight) => Filter::all_of(vec![sight.clone(), filter]),
        }
    }
}
