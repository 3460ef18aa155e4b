//! The one rule of what is told: an event is a function of two images of a record.

use super::Interest;
use crate::model::record::Record;
use crate::store::commit::{Change, Committed};
use std::sync::Arc;

/// What happened to a record, as seen through conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It came in.
    Created,
    /// It was in, and stayed in.
    Updated,
    /// It was in, and is gone.
    Destroyed,
    /// It was in, and lives on outside.
    Left,
}

/// A commit that concerns a subscription, and what is told of it.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) committed: Arc<Committed>,
    pub(crate) notices: Arc<[Notice]>,
}

/// One thing to tell of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// What happened to the record of its change at this position.
    Changed(Kind, usize),
    /// A declared event: that at this position among those emitted.
    Emitted(usize),
}

impl Interest {
    /// What a change from `before` to `after` is.
    pub(super) fn compare(
        &self,
        before: Option<&Arc<Record>>,
        after: Option<&Arc<Record>>,
    ) -> Option<Kind> {
        // What is no longer seen is told like what is no longer there.
        let lives_on = || after.is_some_and(|after| self.read_filter.allows(after));
        match (self.has(before), self.has(after)) {
            (false, true) => Some(Kind::Created),
            (true, true) => Some(Kind::Updated),
            (true, false) if lives_on() => Some(Kind::Left),
            (true, false) => Some(Kind::Destroyed),
            (false, false) => None,
        }
    }

    /// What of a commit is told, in its order. Events of a record that goes come before its end, so
    /// that whoever hears of them still has it.
    pub(super) fn judge(&self, committed: &Committed) -> Vec<Notice> {
        let changes = committed.changes.iter().enumerate();
        let own = changes.filter(|(_, change)| change.resource == self.resource);
        let notices = own.filter_map(|(at, Change { before, after, .. })| {
            let kind = self.compare(before.as_ref(), after.as_ref())?;
            Some(Notice::Changed(kind, at))
        });
        if committed.emitted.is_empty() {
            return notices.collect();
        }
        let all = committed.emitted.iter().enumerate();
        let own = all.filter(|(_, event)| event.resource == self.resource);
        let told = own.filter(|(_, event)| self.has(Some(&event.record)));
        let (before, after): (Vec<_>, Vec<_>) = told.partition(|(_, event)| {
            let is_last = |record: &Arc<Record>| Arc::ptr_eq(record, &event.record);
            let mut changes = committed.changes.iter();
            changes.any(|it| it.after.is_none() && it.before.as_ref().is_some_and(is_last))
        });
        let emitted = |events: Vec<(usize, _)>| {
            let each = events.into_iter();
            each.map(|(at, _)| Notice::Emitted(at))
        };
        emitted(before)
            .chain(notices)
            .chain(emitted(after))
            .collect()
    }

    /// Whether a record is there, and in.
    pub(super) fn has(&self, record: Option<&Arc<Record>>) -> bool {
        record.is_some_and(|record| self.filter.matches(record) && self.read_filter.allows(record))
    }
}
