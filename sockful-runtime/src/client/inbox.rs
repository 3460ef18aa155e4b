//! The events of a subscription, between the task of the client and the reader.

use super::event::RawEvent;
use crate::core::error::Error;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The events of one commit, or one event that belongs to no commit.
pub(super) type CommitEvents = Vec<RawEvent>;

pub(super) struct Inbox {
    pub(super) number: u64,
    /// The maximum number of events.
    max_events: usize,
    state: Mutex<InboxState>,
}

#[derive(Default)]
struct InboxState {
    commits: VecDeque<CommitEvents>,
    events: usize,
    /// Whether the subscription was left because the inbox is full.
    is_away: bool,
    /// Whether the subscription has ended.
    is_over: bool,
    /// The error that ended it, returned once.
    why: Option<Error>,
    reader: Option<Waker>,
}

impl Inbox {
    pub(super) fn new(number: u64, max_events: usize) -> Arc<Self> {
        Arc::new(Self {
            number,
            max_events,
            state: Mutex::default(),
        })
    }

    /// Adds a commit, unless the subscription has ended. Returns whether the inbox is full.
    pub(super) fn put(&self, commit: CommitEvents) -> bool {
        let mut state = self.state();
        if state.is_over {
            return false;
        }
        state.events += commit.len();
        state.commits.push_back(commit);
        state.is_away = state.events > self.max_events;
        let is_full = state.is_away;
        wake(state);
        is_full
    }

    /// Ends the subscription, with an error unless the application has ended it.
    pub(super) fn end(&self, why: Option<Error>) {
        let mut state = self.state();
        if !state.is_over {
            (state.is_over, state.why) = (true, why);
        }
        wake(state);
    }

    /// Ends the subscription for the reader, and drops the commits that it has not read.
    pub(super) fn abandon(&self) {
        let commits = {
            let mut state = self.state();
            (state.is_over, state.is_away, state.why) = (true, false, None);
            state.events = 0;
            std::mem::take(&mut state.commits)
        };
        // They may be many, so the lock is not held.
        drop(commits);
    }

    /// Returns the next commit, or once the error that ended the subscription. Calls `on_drained` if
    /// the subscription was left because the inbox was full, and the inbox is now empty.
    pub(super) fn poll_next(
        &self,
        cx: &mut Context<'_>,
        on_drained: impl FnOnce(),
    ) -> Poll<Option<Result<CommitEvents, Error>>> {
        let mut state = self.state();
        if let Some(commit) = state.commits.pop_front() {
            state.events -= commit.len();
            if state.commits.is_empty() && std::mem::take(&mut state.is_away) {
                on_drained();
            }
            return Poll::Ready(Some(Ok(commit)));
        }
        if state.is_over {
            return Poll::Ready(state.why.take().map(Err));
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, InboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut state: MutexGuard<'_, InboxState>) {
    let reader = state.reader.take();
    drop(state);
    reader.into_iter().for_each(Waker::wake);
}
