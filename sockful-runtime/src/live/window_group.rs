//! The window that the subscribers of a group have, while it is known and while it is read again.

use super::change_kind::{ChangeKind, EventRef};
use super::window::{Shift, WindowChange, WindowOutcome, WindowRecords};
use crate::model::record::Record;
use crate::store::commit::Committed;
use std::collections::HashMap;
use std::sync::Arc;

/// The window of a group of subscriptions.
#[derive(Debug)]
pub(super) struct WindowGroup {
    state: State,
}

#[derive(Debug)]
enum State {
    /// It has to be read from the store. No subscriber has received it, or all of them are behind.
    Unknown,
    /// The window at the newest commit that was distributed.
    Known(WindowRecords),
    /// It is read again.
    Exhausted(HeldWindow),
}

/// The window that subscribers have while the current one is read from the store.
#[derive(Clone, Debug)]
pub(super) struct HeldWindow {
    /// The commit of this window.
    pub(super) seq: u64,
    pub(super) records: Vec<Arc<Record>>,
    /// The number of declared events since then, by the ids of their records.
    emitted: HashMap<Box<str>, usize>,
}

/// How one commit, or several as one, affect the records of a window.
#[derive(Debug)]
pub(crate) struct WindowEvents {
    /// Everything up to this commit was sent before.
    pub(crate) from: u64,
    pub(crate) seq: u64,
    /// Whether they are of several commits.
    pub(crate) is_folded: bool,
    /// How many declared events are omitted.
    pub(crate) dropped: usize,
    pub(crate) events: Vec<WindowEvent>,
}

/// An event of a window.
#[derive(Debug)]
pub(crate) enum WindowEvent {
    /// A record entered, changed or left.
    Changed(ChangeKind, Arc<Record>),
    /// The declared event at this position in the commit.
    Emitted(Arc<Committed>, usize),
}

/// What a commit does to a group.
#[derive(Debug)]
pub(super) enum Applied {
    /// Nothing is sent.
    Nothing,
    /// These events are sent.
    Events(WindowEvents),
    /// The window has to be read again.
    Exhausted,
}

impl WindowGroup {
    pub(super) fn new() -> Self {
        Self {
            state: State::Unknown,
        }
    }

    /// The window, if it is known.
    pub(super) fn records(&self) -> Option<&WindowRecords> {
        match &self.state {
            State::Known(records) => Some(records),
            State::Unknown | State::Exhausted(_) => None,
        }
    }

    /// The window that subscribers have, while it is read again.
    pub(super) fn held(&self) -> Option<&HeldWindow> {
        match &self.state {
            State::Exhausted(held) => Some(held),
            State::Unknown | State::Known(_) => None,
        }
    }

    /// Forgets the window because commits are missing. All subscribers are behind.
    pub(super) fn forget(&mut self) {
        self.state = State::Unknown;
    }

    /// Sets the window that was read.
    pub(super) fn set(&mut self, records: WindowRecords) {
        self.state = State::Known(records);
    }

    /// Applies the events of a commit for the whole result.
    pub(super) fn apply(&mut self, committed: &Arc<Committed>, events: &[EventRef]) -> Applied {
        let records = match &mut self.state {
            State::Known(records) => records,
            State::Exhausted(held) => {
                held.note(committed, events);
                return Applied::Nothing;
            }
            State::Unknown => return Applied::Nothing,
        };
        let emitted = emitted(committed, events, |record| records.shows_id(record.id()));
        let first: Vec<_> = emitted.filter(|at| is_last(committed, *at)).collect();
        let shifts = match records.apply(&changes(committed, events)) {
            WindowOutcome::Shifted(shifts) => shifts,
            WindowOutcome::Exhausted(sent) => {
                let mut held = HeldWindow {
                    seq: committed.seq - 1,
                    records: sent,
                    emitted: HashMap::new(),
                };
                held.note(committed, events);
                self.state = State::Exhausted(held);
                return Applied::Exhausted;
            }
        };
        let emitted = self::emitted(committed, events, |record| records.shows_id(record.id()));
        let last = emitted.filter(|at| !is_last(committed, *at));
        let emitted = |at| WindowEvent::Emitted(Arc::clone(committed), at);
        let events = first.into_iter().map(emitted);
        let events = events.chain(changed(shifts)).chain(last.map(emitted));
        let events: Vec<_> = events.collect();
        if events.is_empty() {
            return Applied::Nothing;
        }
        Applied::Events(WindowEvents {
            from: committed.seq - 1,
            seq: committed.seq,
            is_folded: false,
            dropped: 0,
            events,
        })
    }
}

impl HeldWindow {
    /// The events from this window to that of commit `seq`; `None` if there is no difference.
    /// `is_readable` says whether the caller may still read a record that left.
    pub(super) fn events_to(
        &self,
        records: &WindowRecords,
        seq: u64,
        is_readable: impl Fn(&str) -> bool,
    ) -> Option<WindowEvents> {
        let is_sent = |id: &str| self.records.iter().any(|record| record.id() == id);
        let emitted = self.emitted.iter();
        let dropped = emitted.filter(|(id, _)| is_sent(id) || records.shows_id(id));
        let folded = WindowEvents {
            from: self.seq,
            seq,
            is_folded: true,
            dropped: dropped.map(|(_, count)| count).sum(),
            events: changed(records.changes_from(&self.records, is_readable)).collect(),
        };
        (!folded.events.is_empty() || folded.dropped > 0).then_some(folded)
    }

    /// Counts the declared events of a commit, which are omitted.
    fn note(&mut self, committed: &Committed, events: &[EventRef]) {
        for at in emitted(committed, events, |_| true) {
            let id = committed.emitted[at].record.id();
            *self.emitted.entry(id.into()).or_default() += 1;
        }
    }
}

/// The changes of the matching records in a commit.
pub(super) fn changes<'c>(committed: &'c Committed, events: &[EventRef]) -> Vec<WindowChange<'c>> {
    let changes = events.iter().filter_map(|event| match *event {
        EventRef::Changed(kind, at) => {
            let change = &committed.changes[at];
            Some(WindowChange {
                kind,
                before: change.before.as_ref(),
                after: change.after.as_ref(),
            })
        }
        EventRef::Emitted(_) => None,
    });
    changes.collect()
}

/// The declared events of the records that are meant, by their positions in the commit.
fn emitted<'c>(
    committed: &'c Committed,
    events: &'c [EventRef],
    is_meant: impl Fn(&Record) -> bool + 'c,
) -> impl Iterator<Item = usize> + 'c {
    events.iter().filter_map(move |event| match *event {
        EventRef::Emitted(at) => is_meant(&committed.emitted[at].record).then_some(at),
        EventRef::Changed(..) => None,
    })
}

/// Whether the commit destroys the record of this declared event.
fn is_last(committed: &Committed, at: usize) -> bool {
    let event = &committed.emitted[at];
    committed.changes.iter().any(|change| {
        let before = change.before.as_ref().filter(|_| change.after.is_none());
        before.is_some_and(|before| Arc::ptr_eq(before, &event.record))
    })
}

fn changed(shifts: Vec<Shift>) -> impl Iterator<Item = WindowEvent> {
    let shifts = shifts.into_iter();
    shifts.map(|(kind, record)| WindowEvent::Changed(kind, record))
}
