//! The requests of one connection: those that run, and those that wait for another to end.

use crate::app::Session;
use crate::dispatch::{self, Address, Answered, Profile};
use crate::error::Outcome;
use crate::reply::Reply;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// A request that is not done yet.
pub(super) type Kept = dispatch::Kept<Utf8Bytes>;

/// Runs requests, each in the order that the protocol promises.
///
/// A request is polled where it is read. Most are done at once; only one that has to wait for
/// something is kept, with a timer of its own.
pub(super) struct Requests {
    session: Arc<Session>,
    pending: FuturesUnordered<BoxFuture<'static, (u64, Reply)>>,
    running: Vec<Running>,
    waiting: VecDeque<(Kept, Profile)>,
    number: u64,
}

struct Running {
    number: u64,
    request: Kept,
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
    pub(super) fn take<'a>(&mut self, message: &'a Utf8Bytes) -> Option<Answered<'a>> {
        let job = match dispatch::prepare(&self.session, message) {
            Ok(job) => job,
            Err(refused) => return Some(refused.into()),
        };
        if !self.is_empty() {
            let profile = job.profile(&self.session);
            if self.must_wait(&profile, self.waiting.len()) {
                let kept = job.keep(message.clone());
                self.waiting.push_back((kept, profile));
                return None;
            }
        }
        let reply = match job.at_hand(&self.session) {
            Some(reply) => reply,
            None => self.run(&job.clone().keep(message.clone()))?,
        };
        Some(job.answered(reply))
    }

    /// Takes out the first waiting request that need not wait any longer, for [`start`](Self::start).
    pub(super) fn next_ready(&mut self) -> Option<Kept> {
        let ready = (0..self.waiting.len()).find(|&at| !self.must_wait(&self.waiting[at].1, at))?;
        self.waiting.remove(ready).map(|(request, _)| request)
    }

    /// Starts a request; gives its reply if that is there at once.
    pub(super) fn start(&mut self, request: &Kept) -> Option<Reply> {
        let at_hand = request.job().at_hand(&self.session);
        at_hand.or_else(|| self.run(request))
    }

    /// Takes out the requests that wait.
    pub(super) fn take_waiting(&mut self) -> impl Iterator<Item = Kept> + use<> {
        std::mem::take(&mut self.waiting)
            .into_iter()
            .map(|(request, _)| request)
    }

    /// The next request of those that run to be done.
    pub(super) fn poll_finished(&mut self, cx: &mut Context<'_>) -> Poll<(Kept, Reply)> {
        if self.running.is_empty() {
            return Poll::Pending;
        }
        while let Poll::Ready(Some((number, reply))) = self.pending.poll_next_unpin(cx) {
            let is_it = |running: &mut Running| running.number == number;
            if let Some(done) = self.running.extract_if(.., is_it).next() {
                return Poll::Ready((done.request, reply));
            }
        }
        Poll::Pending
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

    /// Runs a request as far as it goes, and keeps it where that is not to its end.
    fn run(&mut self, request: &Kept) -> Option<Reply> {
        self.number += 1;
        let (number, session) = (self.number, self.session.clone());
        let kept = request.clone();
        let mut running = async move { kept.job().run(&session, number).await }.boxed();
        // Whoever is not done is polled again, with a waker that counts, as soon as it is kept.
        let first = running.poll_unpin(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(reply) = first {
            return Some(reply);
        }
        let Profile {
            address,
            timeout,
            is_list,
        } = request.job().profile(&self.session);
        self.running.push(Running {
            number,
            request: request.clone(),
            address,
            is_list,
        });
        self.pending
            .push(in_time(self.session.clone(), number, running, timeout).boxed());
        None
    }
}

/// Waits for a request, but not longer than `limit`.
async fn in_time(
    session: Arc<Session>,
    number: u64,
    mut running: BoxFuture<'static, Reply>,
    limit: Duration,
) -> (u64, Reply) {
    let reply = match timeout(limit, &mut running).await {
        Ok(reply) => reply,
        Err(_) if session.peer.is_committing(number) => {
            // It keeps the lane of its record until the store has said what became of it.
            tokio::spawn(running);
            Err(dispatch::timed_out(Outcome::Unknown))
        }
        Err(_) => Err(dispatch::timed_out(Outcome::None)),
    };
    (number, reply)
}
