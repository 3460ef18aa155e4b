//! The subscriptions of one query.

use super::change_kind::EventRef;
use super::connection_subscriptions::ConnectionSubscriptions;
use super::evaluation::GroupQuery;
use super::group_count::GroupCount;
use super::initial_result::InitialResult;
use super::live_query::Match;
use super::relation_state::RelationState;
use super::share::{PassedShare, Share};
use super::sorted_vec_map::SortedVecMap;
use super::window::WindowRecords;
use super::window_group::{Applied, HeldWindow, WindowEvents, WindowGroup};
use crate::core::caller_id::CallerId;
use crate::store::commit::{Committed, Emitted};
use crate::store::recent_commits::RecentCommits;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};
use std::task::Waker;

/// The subscriptions of one query and the newest commits that match it. Matches are kept while a
/// subscriber has not taken them, at most as many as are delivered one by one.
#[derive(Debug)]
pub(super) struct QueryGroup {
    pub(super) of: Arc<GroupQuery>,
    /// The state of the related records, if the query has conditions over relations.
    pub(super) relations: Option<Box<RelationState>>,
    /// The canonical text of the query.
    pub(super) canonical: Arc<str>,
    /// The caller whose share of the limit the query counts against, if it counts.
    share: Option<Share>,
    subscribers: SortedVecMap<Subscriber>,
    matches: VecDeque<(u64, PendingEvents)>,
    /// How many subscribers have pending matches.
    pending: usize,
    /// The newest initial result, while a subscription still delivers it. Equal subscriptions read
    /// one after the other, so that concurrent ones share the result of the first.
    pub(super) initial: Arc<tokio::sync::Mutex<Weak<InitialResult>>>,
    /// The records of a live window. They are read under the lock of `initial`.
    window: Option<Box<WindowGroup>>,
    /// The number of records of a live count, which is read under the same lock.
    count: Option<GroupCount>,
}

/// The events of one commit.
#[derive(Debug)]
enum PendingEvents {
    Commit(Arc<[EventRef]>),
    Window(Arc<WindowEvents>),
}

/// The position of one subscription.
#[derive(Debug)]
struct Subscriber {
    caller: CallerId,
    connection: Arc<ConnectionSubscriptions>,
    /// The subscriber has taken everything up to this commit.
    position: u64,
    /// The number of newest matches that it has not taken; more than the group keeps if it must
    /// replay.
    pending: usize,
}

/// What a subscription delivers next.
#[derive(Debug)]
pub(crate) enum NextEvents {
    /// No commits are pending.
    Nothing,
    /// These commits, one by one.
    Commits {
        matches: Vec<Match>,
        /// Whether more commits follow.
        more: bool,
    },
    /// The subscriber missed more commits than are delivered one by one or than are available: it
    /// must catch up first.
    Behind,
}

impl QueryGroup {
    /// A group that counts as `units` units against its first caller.
    pub(super) fn new(
        of: Arc<GroupQuery>,
        relations: Option<Box<RelationState>>,
        canonical: Arc<str>,
        units: usize,
    ) -> Self {
        let share = (units > 0).then(|| Share {
            units,
            owner: of.asked_by.clone(),
            callers: BTreeMap::new(),
        });
        let window = of.query.window.as_ref();
        let window = window.map(|_| Box::new(WindowGroup::new()));
        let count = of.query.is_count.then(GroupCount::default);
        Self {
            of,
            relations,
            canonical,
            share,
            window,
            count,
            subscribers: SortedVecMap::new(),
            matches: VecDeque::new(),
            pending: 0,
            initial: Arc::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subscribers.len() == 0
    }

    pub(super) fn add(
        &mut self,
        id: u64,
        caller: CallerId,
        connection: Arc<ConnectionSubscriptions>,
        position: u64,
    ) {
        if let Some(share) = &mut self.share {
            *share.callers.entry(caller.clone()).or_default() += 1;
        }
        let subscriber = Subscriber {
            caller,
            connection,
            position,
            pending: 0,
        };
        self.subscribers.insert(id, subscriber);
    }

    /// Removes a subscriber. If it was the last of its caller and the query counted against that
    /// caller, the query counts against another caller from then on, if there is one.
    pub(super) fn remove(&mut self, id: u64) -> Option<PassedShare> {
        let subscriber = self.subscribers.remove(id)?;
        self.update_pending(subscriber.pending, 0);
        let share = self.share.as_mut()?;
        let left = share.callers.get_mut(&subscriber.caller)?;
        *left -= 1;
        if *left > 0 {
            return None;
        }
        share.callers.remove(&subscriber.caller);
        if share.owner != subscriber.caller {
            return None;
        }
        let next = share.callers.keys().next().cloned();
        if let Some(next) = &next {
            share.owner = next.clone();
        }
        Some(PassedShare {
            units: share.units,
            from: subscriber.caller,
            to: next,
        })
    }

    /// The query that commits are evaluated by; `None` while the related records are unknown.
    pub(super) fn evaluated(&self) -> Option<&Arc<GroupQuery>> {
        match &self.relations {
            Some(relations) => relations.resolved.as_ref(),
            None => Some(&self.of),
        }
    }

    /// Charges the cost of an evaluation to one of the subscribed connections.
    pub(super) fn charge(&self, work: usize) {
        if let Some((_, subscriber)) = self.subscribers.iter().next() {
            subscriber.connection.add_work(work);
        }
    }

    /// Adds a matching commit and marks the subscribers that had none as ready. Returns whether the
    /// window has to be read again because of it.
    pub(super) fn push(
        &mut self,
        committed: &Arc<Committed>,
        events: Vec<EventRef>,
        max: usize,
        wakers: &mut Vec<Waker>,
    ) -> bool {
        if let Some(count) = &mut self.count {
            if count.apply(committed.seq, &events) {
                self.push_count(committed.seq, wakers);
            }
            return false;
        }
        let events = match &mut self.window {
            None => PendingEvents::Commit(events.into()),
            Some(window) => match window.apply(committed, &events) {
                Applied::Nothing => return false,
                Applied::Exhausted => return true,
                Applied::Events(events) => PendingEvents::Window(Arc::new(events)),
            },
        };
        let seq = committed.seq;
        self.push_events(seq - 1, seq, events, max, wakers);
        false
    }

    /// Marks the subscribers that have received the count before commit `seq` as ready.
    fn push_count(&mut self, seq: u64, wakers: &mut Vec<Waker>) {
        for (id, subscriber) in self.subscribers.iter_mut() {
            if subscriber.pending == 0 {
                subscriber.position = subscriber.position.max(seq - 1);
                subscriber.pending = 1;
                wakers.extend(subscriber.connection.mark_ready(id));
            }
        }
        self.pending = self.subscribers.len();
    }

    /// The number of records of a live count, if it is known.
    pub(super) fn count(&self) -> Option<usize> {
        self.count.as_ref()?.count
    }

    /// Sets the number of records that was read.
    pub(super) fn set_count(&mut self, read: usize) {
        if let Some(count) = &mut self.count {
            count.count = Some(read);
        }
    }

    /// Adds the events of commit `seq`. Everything up to commit `from` was delivered before.
    fn push_events(
        &mut self,
        from: u64,
        seq: u64,
        events: PendingEvents,
        max: usize,
        wakers: &mut Vec<Waker>,
    ) {
        self.matches.push_back((seq, events));
        if self.matches.len() > max {
            self.matches.pop_front();
        }
        for (id, subscriber) in self.subscribers.iter_mut() {
            if subscriber.pending == 0 {
                subscriber.position = subscriber.position.max(from);
                wakers.extend(subscriber.connection.mark_ready(id));
            }
            // A number above the group's maximum is sufficient to detect that it is behind.
            subscriber.pending = subscriber.pending.saturating_add(1).min(max + 1);
        }
        self.pending = self.subscribers.len();
    }

    /// The records of the window that all subscribers have received or will receive, if it is known.
    pub(super) fn window(&self) -> Option<&WindowRecords> {
        self.window.as_ref()?.records()
    }

    /// The window that subscribers have, while it is read again.
    pub(super) fn held(&self) -> Option<&HeldWindow> {
        self.window.as_ref()?.held()
    }

    /// Sets the window that was read. Subscribers receive these events.
    pub(super) fn set_window(
        &mut self,
        records: WindowRecords,
        events: Option<WindowEvents>,
        max: usize,
        wakers: &mut Vec<Waker>,
    ) {
        if let Some(window) = &mut self.window {
            window.set(records);
        }
        if let Some(events) = events {
            let (from, seq) = (events.from, events.seq);
            let events = PendingEvents::Window(Arc::new(events));
            self.push_events(from, seq, events, max, wakers);
        }
    }

    /// Passes a transient event to all subscribers, if they have its record.
    pub(super) fn broadcast(&self, event: &Arc<Emitted>, wakers: &mut Vec<Waker>) {
        let shows = |it: &WindowRecords| it.shows_id(event.record.id());
        let is_hidden = self.window.is_some() && !self.window().is_some_and(shows);
        if is_hidden || self.count.is_some() {
            return;
        }
        for (id, subscriber) in self.subscribers.iter() {
            wakers.extend(subscriber.connection.broadcast(id, event));
        }
    }

    /// Marks all subscribers as behind, because the commits after `from` are missing or were not
    /// evaluated.
    pub(super) fn set_all_behind(&mut self, from: u64, max: usize, wakers: &mut Vec<Waker>) {
        self.matches.clear();
        let from = self.held().map_or(from, |held| from.min(held.seq));
        if let Some(window) = &mut self.window {
            window.forget();
        }
        if let Some(count) = &mut self.count {
            count.count = None;
        }
        for (id, subscriber) in self.subscribers.iter_mut() {
            if subscriber.pending == 0 {
                subscriber.position = subscriber.position.max(from);
                wakers.extend(subscriber.connection.mark_ready(id));
            }
            subscriber.pending = max + 1;
        }
        self.pending = self.subscribers.len();
    }

    /// Sets the position of a subscriber. It is behind if `must_replay`.
    pub(super) fn set_position(&mut self, id: u64, seq: u64, must_replay: bool, max: usize) {
        let Some(subscriber) = self.subscribers.get_mut(id) else {
            return;
        };
        subscriber.position = seq;
        if must_replay {
            let before = std::mem::replace(&mut subscriber.pending, max + 1);
            self.update_pending(before, max + 1);
        }
    }

    /// Sets the position of a subscriber of a query with relations. It is behind if `must_replay`.
    pub(super) fn settle(&mut self, id: u64, seq: u64, must_replay: bool, max: usize) {
        let Some(subscriber) = self.subscribers.get_mut(id) else {
            return;
        };
        subscriber.position = seq;
        let pending = if must_replay { max + 1 } else { 0 };
        let before = std::mem::replace(&mut subscriber.pending, pending);
        self.update_pending(before, pending);
    }

    /// The position of a subscriber.
    pub(super) fn position(&self, id: u64) -> Option<u64> {
        Some(self.subscribers.get(id)?.position)
    }

    /// The position of a subscriber that has pending matches.
    pub(super) fn pending_position(&self, id: u64) -> Option<u64> {
        let subscriber = self.subscribers.get(id)?;
        let held = self.held().map(|held| held.seq);
        (subscriber.pending > 0)
            .then_some(subscriber.position)
            .or(held)
    }

    /// Takes at most `limit` pending commits of a subscriber.
    pub(super) fn take(
        &mut self,
        id: u64,
        max: usize,
        limit: usize,
        recent: &RecentCommits,
    ) -> NextEvents {
        let Some(subscriber) = self.subscribers.get_mut(id) else {
            return NextEvents::Nothing;
        };
        let before = subscriber.pending;
        if before > max {
            return NextEvents::Behind;
        }
        if let Some(GroupCount { count, changed }) = self.count {
            let (from, seq) = (subscriber.position, changed);
            subscriber.pending = 0;
            subscriber.position = from.max(seq);
            self.update_pending(before, 0);
            let count = count.filter(|_| before > 0 && seq > from);
            return count.map_or(NextEvents::Nothing, |count| NextEvents::Commits {
                matches: vec![Match::Counted { count, from, seq }],
                more: false,
            });
        }
        let mut matches = Vec::with_capacity(before.min(limit));
        let mut after = before;
        let mut position = subscriber.position;
        for (seq, events) in self.matches.range(self.matches.len() - before..) {
            if matches.len() == limit {
                break;
            }
            if *seq > position {
                matches.push(match events {
                    PendingEvents::Commit(events) => {
                        let Some(committed) = recent.get(*seq) else {
                            return NextEvents::Behind;
                        };
                        Match::Commit {
                            committed: committed.clone(),
                            events: events.clone(),
                        }
                    }
                    PendingEvents::Window(events) => Match::Window(events.clone()),
                });
                position = *seq;
            }
            after -= 1;
        }
        subscriber.position = position;
        subscriber.pending = after;
        self.update_pending(before, after);
        if matches.is_empty() {
            NextEvents::Nothing
        } else {
            let more = after > 0;
            NextEvents::Commits { matches, more }
        }
    }

    /// Moves a subscriber to commit `head` and returns its previous position.
    pub(super) fn advance(&mut self, id: u64, head: u64) -> u64 {
        let Some(subscriber) = self.subscribers.get_mut(id) else {
            return head;
        };
        let before = std::mem::take(&mut subscriber.pending);
        let from = subscriber.position;
        subscriber.position = from.max(head);
        self.update_pending(before, 0);
        from.min(head)
    }

    fn update_pending(&mut self, before: usize, after: usize) {
        self.pending += usize::from(after > 0);
        self.pending -= usize::from(before > 0);
        if self.pending == 0 {
            self.matches.clear();
        }
    }
}
