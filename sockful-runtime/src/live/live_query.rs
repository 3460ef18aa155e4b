//! The query of a subscription, and which events a commit causes for it.

use crate::model::record::Record;
use crate::protocol::position::PositionProof;
use crate::query::{QueryFilter, ReadFilter, RecordValues};
use crate::store::commit::{Committed, RecordChange};
use std::sync::Arc;

/// The records that a subscription covers: those that match its filter and that the caller can read.
#[derive(Clone, Debug)]
pub(crate) struct LiveQuery {
    /// The resource's index in the list of served resources.
    pub(crate) resource: usize,
    pub(crate) filter: QueryFilter,
    pub(crate) read_filter: ReadFilter,
}

/// All records that match a live query at one commit.
#[derive(Debug)]
pub(crate) struct InitialResult {
    pub(crate) records: Vec<Arc<Record>>,
    pub(crate) seq: u64,
    /// The proof of the position after commit `seq`, if the log still has it.
    pub(crate) at: Option<PositionProof>,
}

/// How a change of a record affects the set of records that match a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// It entered the set.
    Created,
    /// It was in the set and still is.
    Updated,
    /// It was in the set and was destroyed.
    Destroyed,
    /// It was in the set and no longer matches.
    Left,
}

/// A commit that concerns a subscription, and the events that it causes.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    pub(crate) committed: Arc<Committed>,
    pub(crate) events: Arc<[EventRef]>,
}

/// An event of a commit, by the position of what caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventRef {
    /// The change at this position.
    Changed(ChangeKind, usize),
    /// The declared event at this position among the emitted ones.
    Emitted(usize),
}

impl LiveQuery {
    /// The filter and the read filter in one.
    pub(super) fn combined_filter(&self) -> QueryFilter {
        self.read_filter.narrow(self.filter.clone())
    }

    /// A text that two queries of one resource share only if they cause the same events.
    pub(super) fn canonical(&self) -> String {
        let read_filter = self.read_filter.filter().map(QueryFilter::canonical);
        let (filter, read_filter) = (self.filter.canonical(), read_filter.unwrap_or_default());
        format!("{filter} of {read_filter}")
    }

    /// How a change from `before` to `after` affects the matching records.
    pub(super) fn compare(
        &self,
        before: Option<&Arc<Record>>,
        after: Option<&Arc<Record>>,
    ) -> Option<ChangeKind> {
        // A record that the caller can no longer read is reported as destroyed.
        let is_readable = || after.is_some_and(|after| self.read_filter.allows(after));
        match (self.matches(before), self.matches(after)) {
            (false, true) => Some(ChangeKind::Created),
            (true, true) => Some(ChangeKind::Updated),
            (true, false) if is_readable() => Some(ChangeKind::Left),
            (true, false) => Some(ChangeKind::Destroyed),
            (false, false) => None,
        }
    }

    /// The events that a commit causes, in order. Declared events of a record that the commit
    /// destroys precede its `destroyed` event, so that the client still has the record.
    pub(super) fn evaluate(&self, committed: &Committed) -> Vec<EventRef> {
        let changes = committed.changes.iter().enumerate();
        let own = changes.filter(|(_, change)| change.resource == self.resource);
        let of_changes = own.filter_map(|(at, RecordChange { before, after, .. })| {
            let kind = self.compare(before.as_ref(), after.as_ref())?;
            Some(EventRef::Changed(kind, at))
        });
        if committed.emitted.is_empty() {
            return of_changes.collect();
        }
        let all = committed.emitted.iter().enumerate();
        let own = all.filter(|(_, event)| event.resource == self.resource);
        let matching = own.filter(|(_, event)| self.matches(Some(&event.record)));
        let (before, after): (Vec<_>, Vec<_>) = matching.partition(|(_, event)| {
            let is_last = |record: &Arc<Record>| Arc::ptr_eq(record, &event.record);
            let mut changes = committed.changes.iter();
            changes.any(|it| it.after.is_none() && it.before.as_ref().is_some_and(is_last))
        });
        let emitted = |events: Vec<(usize, _)>| {
            let each = events.into_iter();
            each.map(|(at, _)| EventRef::Emitted(at))
        };
        emitted(before)
            .chain(of_changes)
            .chain(emitted(after))
            .collect()
    }

    /// Whether a record exists and matches.
    pub(super) fn matches(&self, record: Option<&Arc<Record>>) -> bool {
        record.is_some_and(|record| {
            if self.read_filter.filter().is_none() {
                return self.filter.matches(record);
            }
            // Both may compare the same property, which is parsed once.
            let mut values = RecordValues::new(&**record);
            self.filter.evaluate(&mut values) && self.read_filter.allows_values(&mut values)
        })
    }
}
