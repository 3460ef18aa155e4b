//! An index of records by the value of one property.

use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::store::plan::{Interval, point};
use imbl::OrdSet;
use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

/// The records of one resource in the order of a property's values, and by id among equal values. A
/// clone is a snapshot and very cheap.
#[derive(Clone, Debug)]
pub(super) struct PropertyIndex {
    pub(super) property: usize,
    entries: OrdSet<IndexEntry>,
}

#[derive(Clone, Debug)]
struct IndexEntry {
    value: Scalar<'static>,
    place: EntryPosition,
}

/// A position among the records of one value.
#[derive(Clone, Debug)]
enum EntryPosition {
    First,
    Of(Arc<Record>),
    /// The position of the record with this id, whether or not it exists.
    At(Box<str>),
    Last,
}

impl PropertyIndex {
    pub(super) fn new(property: usize) -> Self {
        Self {
            property,
            entries: OrdSet::new(),
        }
    }

    /// Removes `before` and inserts `after`.
    pub(super) fn replace(&mut self, before: Option<&Arc<Record>>, after: Option<&Arc<Record>>) {
        if let Some(before) = before {
            let entry = self.entry(before);
            self.entries.remove(&entry);
        }
        if let Some(after) = after {
            let entry = self.entry(after);
            self.entries.insert(entry);
        }
    }

    fn entry(&self, record: &Arc<Record>) -> IndexEntry {
        IndexEntry {
            value: record.scalar(self.property).into_owned(),
            place: EntryPosition::Of(Arc::clone(record)),
        }
    }

    /// Returns the records with values in this interval, ascending.
    pub(super) fn within<'a>(
        &'a self,
        interval: &Interval,
    ) -> impl Iterator<Item = &'a Arc<Record>> + use<'a> {
        let lower = match &interval.0 {
            Bound::Included(value) => Bound::Excluded(IndexEntry::new(value, EntryPosition::First)),
            Bound::Excluded(value) => Bound::Excluded(IndexEntry::new(value, EntryPosition::Last)),
            Bound::Unbounded => Bound::Unbounded,
        };
        self.range(lower, interval)
    }

    /// Returns the records with values in this interval after a position, ascending.
    pub(super) fn within_behind<'a>(
        &'a self,
        interval: &Interval,
        value: &Scalar<'_>,
        id: &str,
    ) -> impl Iterator<Item = &'a Arc<Record>> + use<'a> {
        let place = IndexEntry::new(value, EntryPosition::At(id.into()));
        let is_before = match &interval.0 {
            Bound::Included(lower) => value < lower,
            Bound::Excluded(lower) => value <= lower,
            Bound::Unbounded => false,
        };
        let lower = match &interval.0 {
            Bound::Included(lower) if is_before => IndexEntry::new(lower, EntryPosition::First),
            Bound::Excluded(lower) if is_before => IndexEntry::new(lower, EntryPosition::Last),
            _ => place,
        };
        self.range(Bound::Excluded(lower), interval)
    }

    fn range<'a>(
        &'a self,
        lower: Bound<IndexEntry>,
        interval: &Interval,
    ) -> impl Iterator<Item = &'a Arc<Record>> + use<'a> {
        let upper = end(&interval.1);
        // The set panics on a range that ends before it begins; here it contains no records.
        let is_some = match (&lower, &upper) {
            (Bound::Excluded(lower), Bound::Excluded(upper)) => lower < upper,
            _ => true,
        };
        let entries = is_some.then(|| self.entries.range((lower, upper)));
        entries.into_iter().flatten().filter_map(IndexEntry::record)
    }

    /// Returns the records with values in this interval, the greatest value first; ids ascend among
    /// equal values nevertheless.
    pub(super) fn within_descending(
        &self,
        (lower, upper): Interval,
    ) -> impl Iterator<Item = &Arc<Record>> {
        let greatest = move |upper: &Bound<Scalar<'static>>| {
            let below = (Bound::Unbounded, end(upper));
            let last = self.entries.range(below).next_back()?;
            let is_within = match &lower {
                Bound::Included(lower) => last.value >= *lower,
                Bound::Excluded(lower) => last.value > *lower,
                Bound::Unbounded => true,
            };
            is_within.then(|| last.value.clone())
        };
        let values = std::iter::successors(greatest(&upper), move |value| {
            greatest(&Bound::Excluded(value.clone()))
        });
        values.flat_map(|value| self.within(&point(&value)))
    }

    /// Returns the records that have this value and come before an id, the greatest id first.
    pub(super) fn holders_descending<'a>(
        &'a self,
        value: &Scalar<'_>,
        before: Option<&str>,
    ) -> impl Iterator<Item = &'a Arc<Record>> + use<'a> {
        let lower = IndexEntry::new(value, EntryPosition::First);
        let upper = match before {
            Some(id) => EntryPosition::At(id.into()),
            None => EntryPosition::Last,
        };
        let upper = IndexEntry::new(value, upper);
        let entries = self
            .entries
            .range((Bound::Excluded(lower), Bound::Excluded(upper)));
        entries.rev().filter_map(IndexEntry::record)
    }

    /// Returns the records that have this value, in the order of their ids.
    pub(super) fn holders<'a>(
        &'a self,
        value: &Scalar<'static>,
    ) -> impl Iterator<Item = &'a Arc<Record>> + use<'a> {
        self.within(&point(value))
    }
}

/// Returns the end of the entries with values within this bound.
fn end(upper: &Bound<Scalar<'static>>) -> Bound<IndexEntry> {
    match upper {
        Bound::Included(value) => Bound::Excluded(IndexEntry::new(value, EntryPosition::Last)),
        Bound::Excluded(value) => Bound::Excluded(IndexEntry::new(value, EntryPosition::First)),
        Bound::Unbounded => Bound::Unbounded,
    }
}

impl IndexEntry {
    fn new(value: &Scalar<'_>, place: EntryPosition) -> Self {
        Self {
            value: value.clone().into_owned(),
            place,
        }
    }

    fn record(&self) -> Option<&Arc<Record>> {
        match &self.place {
            EntryPosition::Of(record) => Some(record),
            EntryPosition::First | EntryPosition::At(_) | EntryPosition::Last => None,
        }
    }
}

impl EntryPosition {
    /// Returns the sort key: the position class, then the id.
    fn key(&self) -> (u8, &str) {
        match self {
            Self::First => (0, ""),
            Self::Of(record) => (1, record.id()),
            Self::At(id) => (1, id),
            Self::Last => (2, ""),
        }
    }
}

impl Ord for IndexEntry {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_value = self.value.cmp(&other.value);
        by_value.then_with(|| self.place.key().cmp(&other.place.key()))
    }
}

impl PartialOrd for IndexEntry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for IndexEntry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for IndexEntry {}
