//! The live part: recent commits, who wants to know of them, and how far each has been told.
//!
//! One task reads the store's log, whoever wrote it, and judges each commit once for all
//! subscriptions of equal conditions. A subscription is a position: nothing is kept for one whose
//! socket takes no more, and what it missed is made up from the recent commits, or from the log behind them.

mod delivery;
mod frames;
mod group;
mod groups;
mod member;
mod numbered;
mod outlet;
mod replay;
mod resume;
mod rule;
mod tail;
#[cfg(test)]
mod tests;

pub(crate) use delivery::{Delivery, first_piece};
pub(crate) use frames::Addressee;
pub(crate) use group::Next;
pub(crate) use member::Member;
pub(crate) use numbered::Numbered;
pub(crate) use outlet::{Claim, Outlet, Unlogged};
pub(crate) use resume::Resume;

use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, Result};
use crate::model::record::Record;
use crate::query::{Filter, Query, ReadFilter};
use crate::store::Store;
use crate::store::commit::{Committed, Emitted};
use crate::store::recent_commits::RecentCommits;
use groups::Groups;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How many commits of the log are read at once.
const PAGE: usize = 256;

/// Which records a subscription is about.
#[derive(Clone, Debug)]
pub(crate) struct Interest {
    /// The resource's place in the served list.
    pub(crate) resource: usize,
    pub(crate) filter: Filter,
    /// What its subscriber sees of them.
    pub(crate) read_filter: ReadFilter,
}

/// A subscription of a connection.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) member: Arc<Member>,
    pub(crate) to: Addressee,
    /// What it begins with beside its reply.
    pub(crate) first: Delivery,
    pub(crate) asked: Asked,
    pub(crate) seen: Seen,
}

/// What a subscription asks for, whatever its caller sees of it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The resource's place in the served list.
    pub(crate) resource: usize,
    pub(crate) filter: Filter,
    /// Of which record they are the children: its resource's place, and its id.
    pub(crate) parent: Option<(usize, Box<str>)>,
}

/// What a caller sees of what it asks for. Where that is the same, so is what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The caller's key.
    pub(crate) caller: Option<Box<str>>,
    pub(crate) read_filter: ReadFilter,
    /// Of the resource whose children they are.
    pub(crate) parent: Option<ReadFilter>,
}

impl Interest {
    /// The conditions of what is told: what is asked for, and seen.
    fn wanted(&self) -> Filter {
        self.read_filter.narrow(self.filter.clone())
    }

    /// A text that interests have in common only where they are told the same.
    fn canonical(&self) -> String {
        let read_filter = self.read_filter.filter().map(Filter::canonical);
        let (asked, seen) = (self.filter.canonical(), read_filter.unwrap_or_default());
        format!("{asked} of {seen}")
    }
}

/// Distributes commits to subscriptions.
#[derive(Debug)]
pub(crate) struct Hub {
    store: Arc<dyn Store>,
    limits: Limits,
    state: Mutex<State>,
    /// The newest commit that has been distributed; beyond all where nobody wants to know.
    published: watch::Sender<u64>,
}

#[derive(Debug)]
struct Limits {
    fold_after: usize,
    records: usize,
    bytes: usize,
    replayed: usize,
}

#[derive(Debug)]
struct State {
    recent: RecentCommits,
    groups: Groups,
    /// The task that reads the log, as long as anybody wants to know.
    tail: Option<JoinHandle<()>>,
}

impl State {
    /// Whether the log is read; the runtime that did so may be gone.
    fn is_tailed(&self) -> bool {
        self.tail.as_ref().is_some_and(|tail| !tail.is_finished())
    }
}

/// Records that meet conditions, all of them, at one moment.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) records: Vec<Arc<Record>>,
    /// How many records were looked at for them.
    pub(crate) visited: usize,
    pub(crate) seq: u64,
}

impl Hub {
    pub(crate) fn new(store: Arc<dyn Store>, resources: usize, config: &Config) -> Arc<Self> {
        Arc::new(Self {
            store,
            limits: Limits {
                // One more has to be a number, by which it is known that somebody has fallen behind.
                fold_after: config.fold_after.min(usize::MAX - 1),
                records: config.max_subscription_records,
                replayed: config.max_replayed,
                bytes: config.max_snapshot,
            },
            state: Mutex::new(State {
                recent: RecentCommits::new(config.ring_capacity),
                groups: Groups::new(resources, config.max_scanned_groups),
                tail: None,
            }),
            published: watch::Sender::new(u64::MAX),
        })
    }

    /// Takes a subscription in, which is told of every commit from now on. It is over when what is
    /// returned is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooMany`], where its conditions would have to be tried on every commit and too
    /// many others are already.
    pub(crate) async fn join(
        self: &Arc<Self>,
        outlet: &Arc<Outlet>,
        interest: Arc<Interest>,
    ) -> Result<Member> {
        let head = self.store.head().await?;
        let mut state = self.state();
        let is_first = state.groups.is_empty() && !state.is_tailed();
        if is_first {
            state.recent.restart(head);
        }
        let joined = state.recent.head();
        let (group, id) = state.groups.join(&interest, outlet, joined)?;
        if is_first {
            self.published.send_replace(head);
        }
        if !state.is_tailed() {
            state.tail = Some(tail::start(self));
        }
        drop(state);
        Ok(Member {
            hub: self.clone(),
            interest,
            group,
            id,
            joined,
        })
    }

    /// All records that are of interest.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`], where they are too many or take too much.
    pub(crate) async fn whole(&self, interest: &Interest) -> Result<Whole> {
        let Limits { records, bytes, .. } = self.limits;
        let query = Query {
            filter: interest.wanted(),
            order: Vec::new(),
            limit: records,
            skip: 0,
            after: None,
        };
        let view = self.store.find(interest.resource, query).await?;
        let (found, seq) = (view.value, view.seq);
        if found.more {
            let what = "the number of records to begin with";
            return Err(Error::too_large(what, "max_subscription_records", records));
        }
        let size: usize = found.records.iter().map(|it| it.sent().len()).sum();
        if size > bytes {
            let what = "what there is to begin with";
            return Err(Error::too_large(what, "max_snapshot", bytes));
        }
        Ok(Whole {
            records: found.records,
            visited: found.visited,
            seq,
        })
    }

    /// Waits until the commit of this number has been distributed to whoever wants to know.
    pub(crate) async fn reached(&self, seq: u64) {
        let mut published = self.published.subscribe();
        // The sender is ours.
        let _ = published.wait_for(|&newest| newest >= seq).await;
    }

    /// Tells everyone for whom the record is in of an event that is in no commit.
    pub(crate) fn broadcast(&self, event: Emitted) {
        let mut wakers = Vec::new();
        self.state().groups.broadcast(&Arc::new(event), &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The newest commit that has been distributed, where anybody is left to be told of the next.
    fn tailed(&self) -> Option<u64> {
        let mut state = self.state();
        if state.groups.is_empty() {
            state.tail = None;
            state.recent.restart(0);
            self.published.send_replace(u64::MAX);
            return None;
        }
        Some(state.recent.head())
    }

    /// Distributes the next commits.
    fn publish(&self, commits: Vec<Arc<Committed>>) {
        let mut wakers = Vec::new();
        let mut state = self.state();
        let State { recent, groups, .. } = &mut *state;
        let mut trimmed = Vec::new();
        for committed in commits {
            groups.take(&committed, self.limits.fold_after, &mut wakers);
            recent.push(committed, &mut trimmed);
        }
        let head = recent.head();
        drop(state);
        self.announce(head, wakers);
        drop(trimmed);
    }

    /// Goes on at commit `head` without what lies before it, which the log no longer holds: whoever
    /// has not been told of all of it must begin anew.
    fn skip_to(&self, head: u64) {
        let mut wakers = Vec::new();
        let mut state = self.state();
        state.recent.restart(head);
        state.groups.miss(self.limits.fold_after, &mut wakers);
        drop(state);
        self.announce(head, wakers);
    }

    fn announce(&self, head: u64, wakers: Vec<Waker>) {
        self.published.send_replace(head);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic on a user's account runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of a number that is over a limit.
fn too_many(what: &str, setting: &'static str, most: usize) -> Error {
    let message = format!("{what} are more than the {most} that `{setting}` allows");
    Error::new(ErrorKind::TooMany, message).with_limit(setting, most)
}
