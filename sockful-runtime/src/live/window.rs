//! The first records of a query in its order, kept up to date from the changes of each commit.

use super::change_kind::ChangeKind;
use crate::model::record::Record;
use crate::query::{QueryOrder, SortKeys};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// The minimum number of records that are kept beyond the limit of a window: reading a few more
/// costs little, and a small window would otherwise be read again after every few records that leave.
const MIN_SLACK: usize = 16;

/// The order and the size of a live window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) order: Vec<QueryOrder>,
    /// The maximum number of records that subscribers have; at least 1.
    pub(crate) limit: usize,
    /// The number of records that are kept beyond the limit.
    pub(crate) slack: usize,
}

/// A change of one record and how it affects the matching records.
#[derive(Debug)]
pub(super) struct WindowChange<'c> {
    pub(super) kind: ChangeKind,
    pub(super) before: Option<&'c Arc<Record>>,
    pub(super) after: Option<&'c Arc<Record>>,
}

/// A change of the records that subscribers have. The record is the one after the change, or the last
/// one if it is no longer in the window.
pub(super) type Shift = (ChangeKind, Arc<Record>);

/// The first matching records in the order of a window: more than subscribers have, so that another
/// record can follow when one leaves.
#[derive(Debug)]
pub(super) struct WindowRecords {
    window: Arc<Window>,
    /// All matching records up to `bound`, in order.
    entries: Vec<WindowEntry>,
    /// The position up to which the records are known; `None` if all are.
    bound: Option<WindowPosition>,
}

#[derive(Debug)]
struct WindowEntry {
    keys: SortKeys<'static>,
    record: Arc<Record>,
}

/// A position in the order, which need not be that of a record.
#[derive(Debug)]
struct WindowPosition {
    keys: SortKeys<'static>,
    id: Box<str>,
}

/// What a commit does to the records that subscribers have.
#[derive(Debug)]
pub(super) enum WindowOutcome {
    /// These changes, in the order in which they are sent.
    Shifted(Vec<Shift>),
    /// Too few records are known. These are the ones that subscribers have, from before the commit.
    Exhausted(Vec<Arc<Record>>),
}

impl Window {
    pub(crate) fn new(order: Vec<QueryOrder>, limit: usize) -> Self {
        Self {
            order,
            limit,
            slack: (limit / 2).max(MIN_SLACK),
        }
    }

    /// The number of records that are read from the store.
    pub(super) fn capacity(&self) -> usize {
        self.limit + self.slack
    }
}

impl WindowEntry {
    fn new(window: &Window, record: Arc<Record>) -> Self {
        let keys = SortKeys::of(&window.order, &*record).into_owned();
        Self { keys, record }
    }

    fn compare(&self, window: &Window, keys: &SortKeys<'_>, id: &str) -> Ordering {
        self.keys
            .compare(keys, &window.order, (self.record.id(), id))
    }
}

impl WindowRecords {
    /// The records that the store returned, in order. `more` says whether others follow them.
    pub(super) fn new(window: Arc<Window>, records: Vec<Arc<Record>>, more: bool) -> Self {
        let entries = records.into_iter();
        let entries = entries
            .map(|record| WindowEntry::new(&window, record))
            .collect();
        let mut known = Self {
            window,
            entries,
            bound: None,
        };
        if more {
            known.bound = known.last_position();
        }
        known
    }

    /// Whether enough records are known for the subscribers.
    pub(super) fn suffices(&self) -> bool {
        self.bound.is_none() || self.entries.len() >= self.window.limit
    }

    /// The records that subscribers have, in order.
    pub(super) fn visible(&self) -> impl Iterator<Item = &Arc<Record>> {
        let visible = self.entries.iter().take(self.window.limit);
        visible.map(|entry| &entry.record)
    }

    /// Whether subscribers have the record with this id, given its current state.
    pub(super) fn shows(&self, record: &Record) -> bool {
        self.find(record).is_some_and(|at| at < self.window.limit)
    }

    /// Whether subscribers have a record with this id.
    pub(super) fn shows_id(&self, id: &str) -> bool {
        self.visible().any(|record| record.id() == id)
    }

    /// Applies the changes of one commit.
    pub(super) fn apply(&mut self, changes: &[WindowChange<'_>]) -> WindowOutcome {
        let window = Arc::clone(&self.window);
        let limit = window.limit;
        let find = |change: &WindowChange<'_>| {
            let was_match = change.kind != ChangeKind::Created;
            self.find(change.before.filter(|_| was_match)?)
        };
        let places: Vec<Option<usize>> = changes.iter().map(find).collect();
        let mut removed: Vec<usize> = places.iter().copied().flatten().collect();
        removed.sort_unstable();
        // The records that subscribers have, in case that too few remain.
        let may_exhaust = self.bound.is_some() && self.entries.len() < limit + removed.len();
        let before = may_exhaust.then(|| self.visible().cloned().collect::<Vec<_>>());

        // The unchanged records keep their order, so that only those next to the end of the window
        // enter or leave it, at most as many as there are changes.
        let shown_before = self.entries.len().min(limit);
        let changed_before = removed.iter().filter(|at| **at < limit).count();
        let stayed = shown_before - changed_before;
        for at in removed.into_iter().rev() {
            self.entries.remove(at);
        }
        let first = stayed.saturating_sub(changes.len());
        let end = self.entries.len().min(stayed + changes.len());
        let edge: Vec<Arc<Record>> = self.entries[first.min(end)..end]
            .iter()
            .map(|entry| Arc::clone(&entry.record))
            .collect();

        for change in changes {
            let is_match = matches!(change.kind, ChangeKind::Created | ChangeKind::Updated);
            if let Some(record) = change.after.filter(|_| is_match) {
                self.insert(WindowEntry::new(&window, Arc::clone(record)));
            }
        }
        if !self.suffices()
            && let Some(before) = before
        {
            return WindowOutcome::Exhausted(before);
        }

        let mut shifts = Vec::with_capacity(changes.len());
        let mut changed_after = 0;
        for (change, place) in changes.iter().zip(&places) {
            let was_shown = place.is_some_and(|at| at < limit);
            let is_match = matches!(change.kind, ChangeKind::Created | ChangeKind::Updated);
            let after = change.after.filter(|_| is_match);
            let is_shown = after.is_some_and(|record| self.shows(record));
            changed_after += usize::from(is_shown);
            let kind = match (was_shown, is_shown) {
                (false, false) => continue,
                (false, true) => ChangeKind::Created,
                (true, true) => ChangeKind::Updated,
                // It still matches, but others precede it now.
                (true, false) if is_match => ChangeKind::Left,
                (true, false) => change.kind,
            };
            let record = change.after.or(change.before);
            shifts.extend(record.map(|record| (kind, Arc::clone(record))));
        }
        let stays = self.entries.len().min(limit) - changed_after;
        let edge = |from: usize, to: usize| {
            let (from, to) = (from.saturating_sub(first), to.saturating_sub(first));
            edge.get(from..to).unwrap_or_default().iter().cloned()
        };
        shifts.extend(edge(stays, stayed).map(|record| (ChangeKind::Left, record)));
        shifts.extend(edge(stayed, stays).map(|record| (ChangeKind::Created, record)));
        if self.entries.len() > window.capacity() {
            self.entries.truncate(window.capacity());
            self.bound = self.last_position();
        }
        WindowOutcome::Shifted(shifts)
    }

    /// The changes from the records that subscribers have to these. `is_readable` says whether the
    /// caller may still read a record that left the window.
    pub(super) fn changes_from(
        &self,
        sent: &[Arc<Record>],
        is_readable: impl Fn(&str) -> bool,
    ) -> Vec<Shift> {
        let mut left: HashMap<&str, &Arc<Record>> =
            sent.iter().map(|record| (record.id(), record)).collect();
        let mut shifts = Vec::new();
        for record in self.visible() {
            match left.remove(record.id()) {
                None => shifts.push((ChangeKind::Created, Arc::clone(record))),
                Some(before) if before.sent() == record.sent() => {}
                Some(_) => shifts.push((ChangeKind::Updated, Arc::clone(record))),
            }
        }
        for record in sent {
            if left.contains_key(record.id()) {
                let kind = if is_readable(record.id()) {
                    ChangeKind::Left
                } else {
                    ChangeKind::Destroyed
                };
                shifts.push((kind, Arc::clone(record)));
            }
        }
        shifts
    }

    /// Inserts a matching record, if its position is among the known ones.
    fn insert(&mut self, entry: WindowEntry) {
        let (window, id) = (&self.window, entry.record.id());
        if let Some(bound) = &self.bound
            && entry.compare(window, &bound.keys, &bound.id).is_gt()
        {
            return;
        }
        let before = |other: &WindowEntry| other.compare(window, &entry.keys, id).is_lt();
        let at = self.entries.partition_point(before);
        self.entries.insert(at, entry);
    }

    /// The position of a record in its current state.
    fn find(&self, record: &Record) -> Option<usize> {
        let keys = SortKeys::of(&self.window.order, record);
        let compare = |entry: &WindowEntry| entry.compare(&self.window, &keys, record.id());
        self.entries.binary_search_by(compare).ok()
    }

    fn last_position(&self) -> Option<WindowPosition> {
        let last = self.entries.last()?;
        Some(WindowPosition {
            keys: SortKeys::of(&self.window.order, &*last.record).into_owned(),
            id: last.record.id().into(),
        })
    }
}
