//! Subscriptions of equal conditions.

use super::outlet::Outlet;
use super::rule::{Hit, Notice};
use super::{Interest, Numbered};
use crate::store::commit::Emitted;
use crate::store::recent_commits::RecentCommits;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

/// Subscriptions of equal conditions, and the newest commits that concern them: as many as one of
/// them has still to take, and no more than are told one by one.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) interest: Arc<Interest>,
    members: Numbered<Seat>,
    hits: VecDeque<(u64, Arc<[Notice]>)>,
    /// How many members have not taken everything.
    waiting: usize,
}

/// One subscription.
#[derive(Debug)]
struct Seat {
    outlet: Arc<Outlet>,
    /// Everything up to this commit has been taken.
    position: u64,
    /// How many of the hits, counted from the newest, it has not taken; more than there can be
    /// where it has fallen behind.
    waiting: usize,
}

/// What a subscription is to be told next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing as yet.
    Nothing,
    /// These commits, one by one.
    Commits {
        hits: Vec<Hit>,
        /// Whether there are others behind them.
        more: bool,
    },
    /// More than is told one by one, or than is there any longer: it must be made up first.
    Behind,
}

impl Group {
    pub(super) fn new(interest: Arc<Interest>) -> Self {
        Self {
            interest,
            members: Numbered::new(),
            hits: VecDeque::new(),
            waiting: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.len() == 0
    }

    pub(super) fn join(&mut self, id: u64, outlet: Arc<Outlet>, position: u64) {
        let seat = Seat {
            outlet,
            position,
            waiting: 0,
        };
        self.members.insert(id, seat);
    }

    pub(super) fn leave(&mut self, id: u64) {
        if let Some(seat) = self.members.remove(id) {
            self.note_waiting(seat.waiting, 0);
        }
    }

    /// Takes a commit that concerns its members, and wakes those that have waited for one.
    pub(super) fn hit(
        &mut self,
        seq: u64,
        notices: Vec<Notice>,
        most: usize,
        wakers: &mut Vec<Waker>,
    ) {
        self.hits.push_back((seq, notices.into()));
        if self.hits.len() > most {
            self.hits.pop_front();
        }
        for (id, seat) in self.members.iter_mut() {
            if seat.waiting == 0 {
                seat.position = seat.position.max(seq - 1);
                wakers.extend(seat.outlet.ready(id));
            }
            // One more than there can be is enough to know that it has fallen behind.
            seat.waiting = seat.waiting.saturating_add(1).min(most + 1);
        }
        self.waiting = self.members.len();
    }

    /// Hands on an event that is in no commit.
    pub(super) fn broadcast(&self, event: &Arc<Emitted>, wakers: &mut Vec<Waker>) {
        for (id, seat) in self.members.iter() {
            wakers.extend(seat.outlet.broadcast(id, event));
        }
    }

    /// Notes that commits are missing: nobody can go on one by one.
    pub(super) fn miss(&mut self, most: usize, wakers: &mut Vec<Waker>) {
        self.hits.clear();
        for (id, seat) in self.members.iter_mut() {
            if seat.waiting == 0 {
                wakers.extend(seat.outlet.ready(id));
            }
            seat.waiting = most + 1;
        }
        self.waiting = self.members.len();
    }

    /// Sets up to where a member has been told; where that is before it came, it has fallen behind.
    pub(super) fn start_at(&mut self, id: u64, seq: u64, must_replay: bool, most: usize) {
        let Some(seat) = self.members.get_mut(id) else {
            return;
        };
        seat.position = seq;
        if must_replay {
            let before = std::mem::replace(&mut seat.waiting, most + 1);
            self.note_waiting(before, most + 1);
        }
    }

    pub(super) fn waits_at(&self, id: u64) -> Option<u64> {
        let seat = self.members.get(id)?;
        (seat.waiting > 0).then_some(seat.position)
    }

    /// What a member has not taken, at most `at_once` commits of it.
    pub(super) fn next(
        &mut self,
        id: u64,
        most: usize,
        at_once: usize,
        recent: &RecentCommits,
    ) -> Next {
        let Some(seat) = self.members.get_mut(id) else {
            return Next::Nothing;
        };
        let before = seat.waiting;
        if before > most {
            return Next::Behind;
        }
        let mut hits = Vec::with_capacity(before.min(at_once));
        let mut after = before;
        let mut position = seat.position;
        for (seq, notices) in self.hits.range(self.hits.len() - before..) {
            if hits.len() == at_once {
                break;
            }
            if *seq > position {
                let Some(committed) = recent.get(*seq) else {
                    return Next::Behind;
                };
                hits.push(Hit {
                    committed: committed.clone(),
                    notices: notices.clone(),
                });
                position = *seq;
            }
            after -= 1;
        }
        seat.position = position;
        seat.waiting = after;
        self.note_waiting(before, after);
        if hits.is_empty() {
            Next::Nothing
        } else {
            let more = after > 0;
            Next::Commits { hits, more }
        }
    }

    /// Has a member go on behind commit `head`, and says where it was.
    pub(super) fn jump(&mut self, id: u64, head: u64) -> u64 {
        let Some(seat) = self.members.get_mut(id) else {
            return head;
        };
        let before = std::mem::take(&mut seat.waiting);
        let from = seat.position;
        seat.position = from.max(head);
        self.note_waiting(before, 0);
        from.min(head)
    }

    fn note_waiting(&mut self, before: usize, after: usize) {
        self.waiting += usize::from(after > 0);
        self.waiting -= usize::from(before > 0);
        if self.waiting == 0 {
            self.hits.clear();
        }
    }
}
