//! The requests of one connection: those that run, and those that wait for an earlier one.

use super::rate_charge::RateCharge;
use crate::core::error::{Error, Outcome};
use crate::dispatch::{Answered, ConflictKey, Request, RequestOutcome, Schedule};
use crate::engine::session::Session;
use crate::protocol::reply::Reply;
use crate::store::scan;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Runs requests in the order that the protocol guarantees.
///
/// A request is polled as soon as it is read. Most complete at once; only a request that has to
/// wait is kept, with its own timer.
pub(super) struct Requests {
    session: Arc<Session>,
    rate_charge: RateCharge,
    pending: FuturesUnordered<PendingRequest>,
    running: Vec<Running>,
    waiting: VecDeque<QueuedRequest>,
    /// Elapses at the earliest deadline of the waiting requests.
    patience: Option<Pin<Box<Sleep>>>,
    number: u64,
    /// How many list replies are only partly sent.
    pub(super) lists_unsent: usize,
}

/// A request that has been started.
struct Running {
    number: u64,
    /// `None` if the request has been answered but the outcome of its commit is not known yet.
    request: Option<Arc<Request>>,
    conflict_key: ConflictKey,
    is_list: bool,
}

/// A request that has been read and waits for others.
struct QueuedRequest {
    request: Arc<Request>,
    schedule: Schedule,
    deadline: Instant,
}

struct PendingRequest {
    number: u64,
    future: BoxFuture<'static, RunOutcome>,
}

enum RunOutcome {
    Done(RequestOutcome),
    /// Timed out; contains the rest of the future.
    Late(BoxFuture<'static, RequestOutcome>),
}

impl Future for PendingRequest {
    type Output = (u64, RunOutcome);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(self.future.poll_unpin(cx));
        Poll::Ready((self.number, ended))
    }
}

impl Requests {
    pub(super) fn new(session: Arc<Session>) -> Self {
        let (running, waiting) = (Vec::new(), VecDeque::new());
        Self {
            rate_charge: RateCharge::new(session.clone()),
            session,
            pending: FuturesUnordered::new(),
            running,
            waiting,
            patience: None,
            number: 0,
            lists_unsent: 0,
        }
    }

    /// Whether no request runs or waits.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// Whether the client continues to send despite repeated rate limiting.
    pub(super) fn is_flooded(&self) -> bool {
        self.rate_charge.is_exceeded()
    }

    /// Whether another request may be read.
    pub(super) fn has_room(&self) -> bool {
        self.running.len() + self.waiting.len() < self.session.config().connection.max_in_flight
    }

    /// Starts the request of a frame, unless it has to wait for an earlier one. Returns its reply if
    /// that is available at once.
    pub(super) fn take(&mut self, message: Utf8Bytes) -> Option<Answered> {
        match Request::from_frame(&self.session, message) {
            Ok(request) => self.start(request),
            // A refused request is charged as well.
            Err(refused) => Some(match self.rate_charge.take(1) {
                Ok(()) => refused.into(),
                Err(too_soon) => refused.with_error(too_soon).into(),
            }),
        }
    }

    /// Starts a request, unless it has to wait for an earlier one. Returns its reply if that is
    /// available at once.
    pub(super) fn start(&mut self, request: Request) -> Option<Answered> {
        if let Err(too_soon) = self.rate_charge.take(request.cost()) {
            return Some(request.into_answered(too_soon));
        }
        if !self.is_empty() {
            let schedule = request.schedule(&self.session);
            if self.must_wait(&schedule, self.waiting.len()) {
                self.waiting.push_back(QueuedRequest {
                    request: Arc::new(request),
                    deadline: schedule.deadline(),
                    schedule,
                });
                return None;
            }
        }
        if let Some(reply) = request.try_now(&self.session) {
            return Some(request.into_answered(reply));
        }
        let request = Arc::new(request);
        let outcome = self.run(&request, None)?;
        Some(request.answered(outcome))
    }

    /// Starts the first request that need not wait any longer. Returns it, with its outcome if that
    /// is available at once.
    pub(super) fn start_next(&mut self) -> Option<(Arc<Request>, Option<RequestOutcome>)> {
        let ready = |at: &usize| !self.must_wait(&self.waiting[*at].schedule, *at);
        let ready = (0..self.waiting.len()).find(ready)?;
        let QueuedRequest {
            request, deadline, ..
        } = self.waiting.remove(ready)?;
        let reply = request.try_now(&self.session);
        let outcome = reply
            .map(RequestOutcome::from)
            .or_else(|| self.run(&request, Some(deadline)));
        Some((request, outcome))
    }

    /// Removes and returns the waiting requests.
    pub(super) fn take_waiting(&mut self) -> impl Iterator<Item = Arc<Request>> + use<> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().map(|waiting| waiting.request)
    }

    /// Abandons running and waiting requests, and returns each request with its outcome. A commit
    /// that the store has started continues until its outcome is known.
    pub(super) fn give_up(&mut self) -> Vec<(Arc<Request>, Outcome)> {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let waiting = waiting.map(|waiting| (waiting.request, Outcome::NotApplied));
        let peer = &self.session.peer;
        let running = self.running.iter_mut().filter_map(|running| {
            let outcome = if peer.is_committing(running.number) {
                Outcome::Unknown
            } else {
                Outcome::NotApplied
            };
            Some((running.request.take()?, outcome))
        });
        let given_up = running.chain(waiting).collect();
        self.running.clear();
        self.abandon();
        given_up
    }

    /// Waits for the next request to complete or to time out.
    pub(super) fn poll_finished(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<(Arc<Request>, RequestOutcome)> {
        if let Poll::Ready(Some(request)) = self.poll_timed_out(cx) {
            let reply = request.timed_out(&self.session, Outcome::NotApplied);
            return Poll::Ready((request, reply.into()));
        }
        if self.running.is_empty() {
            return Poll::Pending;
        }
        while let Poll::Ready(Some((number, ended))) = self.pending.poll_next_unpin(cx) {
            if let Some(finished) = self.finish(number, ended) {
                return Poll::Ready(finished);
            }
        }
        Poll::Pending
    }

    /// The outcome of a request that has completed or timed out.
    fn finish(&mut self, number: u64, ended: RunOutcome) -> Option<(Arc<Request>, RequestOutcome)> {
        let at = self.running.iter().position(|one| one.number == number)?;
        match ended {
            RunOutcome::Done(outcome) => Some((self.running.swap_remove(at).request?, outcome)),
            RunOutcome::Late(rest) if self.session.peer.is_committing(number) => {
                // It keeps its place until the store has reported the outcome of its commit.
                let future = rest.map(RunOutcome::Done).boxed();
                self.pending.push(PendingRequest { number, future });
                let request = self.running[at].request.take()?;
                let reply = request.timed_out(&self.session, Outcome::Unknown);
                Some((request, reply.into()))
            }
            RunOutcome::Late(_) => {
                let request = self.running.swap_remove(at).request?;
                let reply = request.timed_out(&self.session, Outcome::NotApplied);
                Some((request, reply.into()))
            }
        }
    }

    /// The first request that timed out before it could be started.
    fn poll_timed_out(&mut self, cx: &mut Context<'_>) -> Poll<Option<Arc<Request>>> {
        let Some(first) = self.waiting.iter().map(|waiting| waiting.deadline).min() else {
            return Poll::Ready(None);
        };
        let patience = self
            .patience
            .get_or_insert_with(|| Box::pin(sleep_until(first)));
        if patience.deadline() != first {
            patience.as_mut().reset(first);
        }
        ready!(patience.as_mut().poll(cx));
        let at = self
            .waiting
            .iter()
            .position(|waiting| waiting.deadline == first);
        let over = at.and_then(|at| self.waiting.remove(at));
        Poll::Ready(over.map(|waiting| waiting.request))
    }

    /// Abandons all requests at the end of the connection. A commit that the store has started
    /// keeps its record locks until its outcome is known; all other requests do not take effect.
    pub(super) fn abandon(&mut self) {
        self.waiting.clear();
        for pending in std::mem::take(&mut self.pending) {
            if self.session.peer.is_committing(pending.number) {
                tokio::spawn(pending);
            }
        }
    }

    /// Whether a request has to wait for a running one or for one of the first `before` waiting
    /// ones.
    fn must_wait(&self, schedule: &Schedule, before: usize) -> bool {
        let lists = self
            .running
            .iter()
            .filter(|running| running.is_list)
            .count();
        let earlier = self
            .waiting
            .iter()
            .take(before)
            .map(|waiting| &waiting.schedule.conflict_key);
        let mut ahead = self
            .running
            .iter()
            .map(|running| &running.conflict_key)
            .chain(earlier);
        schedule.is_list && lists + self.lists_unsent >= self.session.config().connection.max_lists
            || ahead.any(|key| key.conflicts_with(&schedule.conflict_key))
    }

    /// Polls a request once and keeps it if it is still pending. Its time limit started when it was
    /// read.
    fn run(&mut self, request: &Arc<Request>, deadline: Option<Instant>) -> Option<RequestOutcome> {
        self.number += 1;
        let (number, session) = (self.number, self.session.clone());
        let shared = Arc::clone(request);
        let mut running = async move { shared.run(&session, number).await }.boxed();
        // A pending future is polled again with the task's waker as soon as it is kept.
        let first = running.poll_unpin(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(outcome) = first {
            return Some(outcome);
        }
        let schedule = request.schedule(&self.session);
        let deadline = deadline.unwrap_or_else(|| schedule.deadline());
        self.running.push(Running {
            number,
            request: Some(Arc::clone(request)),
            conflict_key: schedule.conflict_key,
            is_list: schedule.is_list,
        });
        let future = in_time(running, deadline).boxed();
        self.pending.push(PendingRequest { number, future });
        None
    }
}

/// Waits for a request until `deadline`.
async fn in_time(mut running: BoxFuture<'static, RequestOutcome>, deadline: Instant) -> RunOutcome {
    match timeout_at(deadline, &mut running).await {
        Ok(outcome) => RunOutcome::Done(outcome),
        Err(_) => RunOutcome::Late(running),
    }
}

/// Runs a request as if it were the first of a connection. Dropping the future ends that
/// connection. If `cut` completes first, the reply is `unavailable`.
pub(crate) async fn answer(
    session: &Arc<Session>,
    request: Request,
    cut: impl Future<Output = ()>,
) -> Reply {
    let answer = async {
        let mut only = SingleRequest(Requests::new(session.clone()));
        if let Some(answered) = only.0.start(request) {
            return answered.outcome.reply;
        }
        tokio::select! {
            biased;
            (request, outcome) = poll_fn(|cx| only.0.poll_finished(cx)) => {
                request.answered(outcome).outcome.reply
            }
            () = cut => match only.0.give_up().pop() {
                Some((request, outcome)) => request.unavailable(session, outcome),
                None => Err(Error::shutting_down(Outcome::Unknown)),
            },
        }
    };
    scan::for_client(session.clone(), answer).await
}

struct SingleRequest(Requests);

impl Drop for SingleRequest {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
