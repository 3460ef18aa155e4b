//! The query of a subscription, and the events that a commit causes for it.

use super::change_kind::{ChangeKind, EventRef};
use super::window::Window;
use super::window_group::WindowEvents;
use crate::model::record::Record;
use crate::query::{QueryFilter, ReadFilter, RecordValues};
use crate::store::commit::{Committed, RecordChange};
use std::sync::Arc;

/// The cost of finding the position of a record in a window, in bytes that are compared.
const WINDOW_WEIGHT: usize = 256;

/// The records that a subscription covers: those that match its filter and that the caller can read.
#[derive(Clone, Debug)]
pub(crate) struct LiveQuery {
    /// The resource's index in the list of served resources.
    pub(crate) resource: usize,
    pub(crate) filter: QueryFilter,
    pub(crate) read_filter: ReadFilter,
    /// Restricts it to the first records in an order.
    pub(crate) window: Option<Arc<Window>>,
    /// Whether only the number of records is sent.
    pub(crate) is_count: bool,
}

/// A commit that affects a subscription, and the events that it causes.
#[derive(Clone, Debug)]
pub(crate) enum Match {
    /// The events refer to the commit.
    Commit {
        committed: Arc<Committed>,
        events: Arc<[EventRef]>,
    },
    /// The events of a window may concern records that the commit does not change.
    Window(Arc<WindowEvents>),
    /// The number of records after commit `seq`. Everything up to commit `from` was delivered before.
    Counted { count: usize, from: u64, seq: u64 },
}

impl Match {
    /// The commit up to which everything was delivered before.
    pub(super) fn from(&self) -> u64 {
        match self {
            Self::Commit { committed, .. } => committed.seq - 1,
            Self::Window(events) => events.from,
            Self::Counted { from, .. } => *from,
        }
    }
}

impl LiveQuery {
    /// The filter and the read filter combined.
    pub(super) fn combined_filter(&self) -> QueryFilter {
        self.read_filter.narrow(self.filter.clone())
    }

    /// A text that two queries of one resource share only if they cause the same events.
    pub(super) fn canonical(&self) -> String {
        let read_filter = self.read_filter.filter().map(QueryFilter::canonical);
        let (filter, read_filter) = (self.filter.canonical(), read_filter.unwrap_or_default());
        let window = self.window.as_ref();
        let window = window.map(|window| format!(" in {window:?}"));
        let counted = if self.is_count { " counted" } else { "" };
        let window = window.unwrap_or_default();
        format!("{filter} of {read_filter}{window}{counted}")
    }

    /// Whether the group keeps the current result, which is sent again instead of missed commits.
    pub(crate) fn is_kept(&self) -> bool {
        self.window.is_some() || self.is_count
    }

    /// The maximum cost of one evaluation per record, without parsing.
    pub(super) fn weight(&self) -> usize {
        let read_filter = self.read_filter.filter();
        let filters = self.filter.weight() + read_filter.map_or(0, QueryFilter::weight);
        filters + self.window.as_ref().map_or(0, |_| WINDOW_WEIGHT)
    }

    /// Whether the caller asked for all records that it can read.
    pub(super) fn is_unconditional(&self) -> bool {
        self.filter == QueryFilter::All && self.window.is_none()
    }

    /// Whether records of other resources decide whether a record matches.
    pub(super) fn has_relations(&self) -> bool {
        let of_read_filter = self.read_filter.filter();
        self.filter.has_relations() || of_read_filter.is_some_and(QueryFilter::has_relations)
    }

    /// How a record enters or leaves the matching records if it matched `old` as `before`, and this
    /// query decides about `after`.
    pub(super) fn compare_with(
        &self,
        old: &Self,
        before: Option<&Arc<Record>>,
        after: Option<&Arc<Record>>,
    ) -> Option<ChangeKind> {
        let matched = before.is_some_and(|it| old.matches(&mut RecordValues::new(&**it)));
        let mut after = after.map(|record| RecordValues::new(&**record));
        self.kind(matched, after.as_mut())
    }

    /// How a change from `before` to `after` affects the matching records.
    pub(super) fn compare(
        &self,
        before: Option<&Arc<Record>>,
        after: Option<&Arc<Record>>,
    ) -> Option<ChangeKind> {
        let mut before = before.map(|record| RecordValues::new(&**record));
        let mut after = after.map(|record| RecordValues::new(&**record));
        self.compare_values(before.as_mut(), after.as_mut())
    }

    fn compare_values(
        &self,
        before: Option<&mut RecordValues<'_, Record>>,
        after: Option<&mut RecordValues<'_, Record>>,
    ) -> Option<ChangeKind> {
        let matched = before.is_some_and(|before| self.matches(before));
        self.kind(matched, after)
    }

    fn kind(
        &self,
        matched: bool,
        after: Option<&mut RecordValues<'_, Record>>,
    ) -> Option<ChangeKind> {
        let Some(after) = after else {
            return matched.then_some(ChangeKind::Destroyed);
        };
        match (matched, self.matches(after)) {
            (false, true) => Some(ChangeKind::Created),
            (true, true) => Some(ChangeKind::Updated),
            (true, false) if self.read_filter.allows_values(after) => Some(ChangeKind::Left),
            // A record that the caller can no longer read is reported as destroyed.
            (true, false) => Some(ChangeKind::Destroyed),
            (false, false) => None,
        }
    }

    /// The events that a commit causes, in order. Declared events of a record that the commit
    /// destroys precede its `destroyed` event, so that the client still has the record.
    pub(super) fn evaluate(&self, values: &mut CommitValues<'_>) -> Vec<EventRef> {
        let committed = values.committed;
        let mut events = Vec::new();
        for (at, change) in committed.changes.iter().enumerate() {
            if change.resource == self.resource {
                let images = &mut values.changes[at];
                let before = compared(images);
                let [old, new] = images;
                let kind = self.compare_values(old.as_mut(), new.as_mut());
                values.compared += compared(images) - before;
                events.extend(kind.map(|kind| EventRef::Changed(kind, at)));
            }
        }
        if committed.emitted.is_empty() {
            return events;
        }
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for (at, event) in committed.emitted.iter().enumerate() {
            if event.resource != self.resource {
                continue;
            }
            let record = &mut values.emitted[at];
            let before = record.compared();
            let is_match = self.matches(record);
            values.compared += record.compared() - before;
            if is_match {
                let is_last = |record: &Arc<Record>| Arc::ptr_eq(record, &event.record);
                let mut changes = committed.changes.iter();
                let is_gone =
                    changes.any(|it| it.after.is_none() && it.before.as_ref().is_some_and(is_last));
                let events = if is_gone { &mut first } else { &mut last };
                events.push(EventRef::Emitted(at));
            }
        }
        first.append(&mut events);
        first.append(&mut last);
        first
    }

    /// Whether the record with these values matches.
    pub(super) fn matches(&self, values: &mut RecordValues<'_, Record>) -> bool {
        self.filter.evaluate(values) && self.read_filter.allows_values(values)
    }
}

/// The values of a record before and after a change.
pub(super) type ImageValues<'c> = [Option<RecordValues<'c, Record>>; 2];

/// The values of the records in a commit. Each property is parsed once, for any number of queries.
pub(super) struct CommitValues<'c> {
    committed: &'c Committed,
    /// For each change, the record before and after it.
    changes: Vec<ImageValues<'c>>,
    /// For each declared event, its record.
    emitted: Vec<RecordValues<'c, Record>>,
    /// The cost of the comparisons so far, in bytes.
    compared: usize,
}

impl<'c> CommitValues<'c> {
    pub(super) fn new(committed: &'c Committed) -> Self {
        let values = |record: &'c Option<Arc<Record>>| record.as_deref().map(RecordValues::new);
        let changes = committed.changes.iter();
        let emitted = committed.emitted.iter();
        Self {
            committed,
            changes: changes
                .map(|change| [values(&change.before), values(&change.after)])
                .collect(),
            emitted: emitted
                .map(|event| RecordValues::new(&*event.record))
                .collect(),
            compared: 0,
        }
    }

    /// Whether `is_wanted` accepts a change of a record of this resource, given the values before and
    /// after it.
    pub(super) fn any_change(
        &mut self,
        resource: usize,
        is_wanted: impl Fn(&RecordChange, &mut ImageValues<'_>) -> bool,
    ) -> bool {
        let mut all = self.committed.changes.iter().zip(&mut self.changes);
        all.any(|(change, images)| {
            if change.resource != resource {
                return false;
            }
            let before = compared(images);
            let is_found = is_wanted(change, images);
            self.compared += compared(images) - before;
            is_found
        })
    }

    /// The cost of the comparisons so far, in bytes.
    pub(super) fn compared(&self) -> usize {
        self.compared
    }

    /// The number of bytes of JSON that were parsed so far.
    #[cfg(test)]
    pub(super) fn parsed(&self) -> usize {
        let changes = self.changes.iter().flatten().flatten();
        changes.map(RecordValues::parsed).sum()
    }
}

fn compared(images: &[Option<RecordValues<'_, Record>>]) -> usize {
    images.iter().flatten().map(RecordValues::compared).sum()
}
