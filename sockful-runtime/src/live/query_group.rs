//! The subscriptions of one query.

use super::connection_subscriptions::ConnectionSubscriptions;
use super::live_query::{EventRef, LiveQuery, Match};
use super::sorted_vec_map::SortedVecMap;
use crate::store::commit::Emitted;
use crate::store::recent_commits::RecentCommits;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

/// The subscriptions of one query, and the newest commits that match it. It keeps matches while a
/// subscriber has not taken them, and no more of them than are delivered one by one.
#[derive(Debug)]
pub(super) struct QueryGroup {
    pub(super) query: Arc<LiveQuery>,
    subscribers: SortedVecMap<Subscriber>,
    matches: VecDeque<(u64, Arc<[EventRef]>)>,
    /// How many subscribers have pending matches.
    pending: usize,
}

/// The position of one subscription.
#[derive(Debug)]
struct Subscriber {
    connection: Arc<ConnectionSubscriptions>,
    /// It has taken everything up to this commit.
    position: u64,
    /// How many of the newest matches it has not taken; more than the group keeps if it must replay.
    pending: usize,
}

/// What a subscription delivers next.
#[derive(Debug)]
pub(crate) enum NextEvents {
    /// Nothing yet.
    Nothing,
    /// These commits, one by one.
    Commits {
        matches: Vec<Match>,
        /// Whether more commits follow.
        more: bool,
    },
    /// It missed more commits than are delivered one by one or than are available: it must catch
    /// up first.
    Behind,
}

impl QueryGroup {
    pub(super) fn new(query: Arc<LiveQuery>) -> Self {
        Self {
            query,
            subscribers: SortedVecMap::new(),
            matches: VecDeque::new(),
            pending: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subscribers.len() == 0
    }

    pub(super) fn add(&mut self, id: u64, connection: Arc<ConnectionSubscriptions>, position: u64) {
        let subscriber = Subscriber {
            connection,
            position,
            pending: 0,
        };
        self.subscribers.insert(id, subscriber);
    }

    pub(super) fn remove(&mut self, id: u64) {
        if let Some(subscriber) = self.subscribers.remove(id) {
            self.update_pending(subscriber.pending, 0);
        }
    }

    /// Adds a matching commit and marks the subscribers that had none as ready.
    pub(super) fn push(
        &mut self,
        seq: u64,
        events: Vec<EventRef>,
        max: usize,
        wakers: &mut Vec<Waker>,
    ) {
        self.matches.push_back((seq, events.into()));
        if self.matches.len() > max {
            self.matches.pop_front();
        }
        for (id, subscriber) in self.subscribers.iter_mut() {
            if subscriber.pending == 0 {
                subscriber.position = subscriber.position.max(seq - 1);
                wakers.extend(subscriber.connection.mark_ready(id));
            }
            // One more than the group keeps is enough to know that it is behind.
            subscriber.pending = subscriber.pending.saturating_add(1).min(max + 1);
        }
        self.pending = self.subscribers.len();
    }

    /// Passes a transient event on to all subscribers.
    pub(super) fn broadcast(&self, event: &Arc<Emitted>, wakers: &mut Vec<Waker>) {
        for (id, subscriber) in self.subscribers.iter() {
            wakers.extend(subscriber.connection.broadcast(id, event));
        }
    }

    /// Marks all subscribers as behind, because commits are missing.
    pub(super) fn set_all_behind(&mut self, max: usize, wakers: &mut Vec<Waker>) {
        self.matches.clear();
        for (id, subscriber) in self.subscribers.iter_mut() {
            if subscriber.pending == 0 {
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

    /// The position of a subscriber that has pending matches.
    pub(super) fn pending_position(&self, id: u64) -> Option<u64> {
        let subscriber = self.subscribers.get(id)?;
        (subscriber.pending > 0).then_some(subscriber.position)
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
        let mut matches = Vec::with_capacity(before.min(limit));
        let mut after = before;
        let mut position = subscriber.position;
        for (seq, events) in self.matches.range(self.matches.len() - before..) {
            if matches.len() == limit {
                break;
            }
            if *seq > position {
                let Some(committed) = recent.get(*seq) else {
                    return NextEvents::Behind;
                };
                matches.push(Match {
                    committed: committed.clone(),
                    events: events.clone(),
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
