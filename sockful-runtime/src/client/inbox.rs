//! What has come for a subscription, between the task of the client and who reads it.

use super::event::Told;
use crate::core::error::Error;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Everything that was told of one commit, or of none.
pub(super) type Commit = Vec<Told>;

pub(super) struct Inbox {
    pub(super) number: u64,
    /// How many events may wait here.
    max_events: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    commits: VecDeque<Commit>,
    events: usize,
    /// Whether more comes only when all of this is taken.
    is_away: bool,
    /// Whether nothing more comes.
    is_over: bool,
    /// Why, where that is not by the application's wish; told once.
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

    /// Puts a commit; says whether it is more than who reads can take.
    pub(super) fn put(&self, commit: Commit) -> bool {
        let mut state = self.state();
        state.events += commit.len();
        state.commits.push_back(commit);
        state.is_away = state.events > self.max_events;
        let is_full = state.is_away;
        wake(state);
        is_full
    }

    /// Nothing more will come; where that is not by the application's wish, because of `why`.
    pub(super) fn end(&self, why: Option<Error>) {
        let mut state = self.state();
        if !state.is_over {
            (state.is_over, state.why) = (true, why);
        }
        wake(state);
    }

    /// The next commit, or once the error that ended the subscription. Calls `on_drained` if the
    /// subscription was left because the inbox was full, and the inbox is now empty.
    pub(super) fn poll_next(
        &self,
        cx: &mut Context<'_>,
        on_drained: impl FnOnce(),
    ) -> Poll<Option<Result<Commit, Error>>> {
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    reader.into_iter().for_each(Waker::wake);
}
