//! The requests of one connection: those that run, and those that wait for another to end.

use crate::app::Session;
use crate::dispatch::{self, Address, Profile};
use crate::error::Outcome;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Utf8Bytes;

type Job = dispatch::Job<Utf8Bytes>;
type Answered = dispatch::Answered<Utf8Bytes>;

/// Runs requests, each in the order that the protocol promises.
///
/// A request is polled where it is read. Most are done at once; only one that has to wait for
/// something is kept, with a timer of its own.
pub(super) struct Requests {
    session: Arc<Session>,
    pending: FuturesUnordered<BoxFuture<'static, (u64, Answered)>>,
    running: Vec<Running>,
    waiting: VecDeque<(Job, Profile)>,
    number: u64,
}

struct Running {
    number: u64,
    address: Address,
    is_list: bool,
}

impl Requests {
    pub(super) fn new(session: Arc<Session>) -> Self {
        let (running, waiting) = (Vec::new(), VecDeque::new());
        Self {
            session,
            pending: FuturesUnordered::new(),
            running,
            waiting,
            number: 0,
        }
    }

    /// Whether none runs or waits.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// Whether another one may be read.
    pub(super) fn has_room(&self) -> bool {
        self.running.len() + self.waiting.len() < self.session.config().max_in_flight
    }

    /// Starts a request, unless it has to wait for one before it; gives its answer if that is
    /// there at once.
    pub(super) fn take(&mut self, message: Utf8Bytes) -> Option<Answered> {
        let job = match dispatch::prepare(&self.session, message) {
            Ok(job) => job,
            Err(refused) => return Some(refused),
        };
        if !self.is_empty() {
            let profile = job.profile(&self.session);
            if self.must_wait(&profile, self.waiting.len()) {
                self.waiting.push_back((job, profile));
                return None;
            }
        }
        self.start(job)
    }

    /// Takes out the first waiting request that need not wait any longer, for [`start`](Self::start).
    pub(super) fn next_ready(&mut self) -> Option<Job> {
        let ready = (0..self.waiting.len()).find(|&at| !self.must_wait(&self.waiting[at].1, at))?;
        self.waiting.remove(ready).map(|(job, _)| job)
    }

    /// Refuses the requests that wait.
    pub(super) fn take_waiting(&mut self) -> Vec<Answered> {
        self.waiting
            .drain(..)
            .map(|(job, _)| job.unavailable())
            .collect()
    }

    /// The next request of those that run to be done.
    pub(super) fn poll_finished(&mut self, cx: &mut Context<'_>) -> Poll<Answered> {
        if self.running.is_empty() {
            return Poll::Pending;
        }
        match self.pending.poll_next_unpin(cx) {
            Poll::Ready(Some((number, answered))) => {
                self.running.retain(|running| running.number != number);
                Poll::Ready(answered)
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// Leaves off at the end of the connection. What the store has begun to commit keeps its lane
    /// until the outcome is known; the rest has not taken effect, and will not.
    pub(super) fn abandon(&mut self) {
        self.waiting.clear();
        let pending = std::mem::take(&mut self.pending);
        if self.session.peer.has_commits() {
            tokio::spawn(pending.for_each(|_| std::future::ready(())));
        }
    }

    /// Whether a request has to wait for one that runs, or for one of the first `before` that wait.
    fn must_wait(&self, profile: &Profile, before: usize) -> bool {
        let lists = self
            .running
            .iter()
            .filter(|running| running.is_list)
            .count();
        let earlier = self
            .waiting
            .iter()
            .take(before)
            .map(|(_, profile)| &profile.address);
        let mut ahead = self
            .running
            .iter()
            .map(|running| &running.address)
            .chain(earlier);
        profile.is_list && lists >= self.session.config().max_lists
            || ahead.any(|address| address.conflicts_with(&profile.address))
    }

    /// Starts a request; gives its answer if that is there at once.
    pub(super) fn start(&mut self, job: Job) -> Option<Answered> {
        if let Some(reply) = job.at_hand(&self.session) {
            return Some(job.answered(reply));
        }
        self.number += 1;
        let mut request = job.clone().run(self.session.clone(), self.number).boxed();
        // Whoever is not done is polled again, with a waker that counts, as soon as it is kept.
        let first = request.poll_unpin(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(answered) = first {
            return Some(answered);
        }
        let Profile {
            address,
            timeout,
            is_list,
        } = job.profile(&self.session);
        self.running.push(Running {
            number: self.number,
            address,
            is_list,
        });
        self.pending
            .push(in_time(self.session.clone(), self.number, job, request, timeout).boxed());
        None
    }
}

/// Waits for a request, but not longer than `limit`.
async fn in_time(
    session: Arc<Session>,
    number: u64,
    job: Job,
    mut request: BoxFuture<'static, Answered>,
    limit: Duration,
) -> (u64, Answered) {
    let answered = match timeout(limit, &mut request).await {
        Ok(answered) => answered,
        Err(_) if session.peer.is_committing(number) => {
            // It keeps the lane of its record until the store has said what became of it.
            tokio::spawn(request);
            job.timed_out(Outcome::Unknown)
        }
        Err(_) => job.timed_out(Outcome::None),
    };
    (number, answered)
}
