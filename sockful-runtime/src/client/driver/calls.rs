//! Requests, which may be sent on several connections until they are answered.

mod replies;

pub(super) use replies::is_temporary;

use super::{Driver, Probe, Timer};
use crate::client::closed;
use crate::client::command::SubmittedCall;
use crate::client::request::{Effect, OutgoingRequest, RawReply, key};
use crate::client::token::Token;
use crate::core::error::{Error, ErrorKind, Outcome, Result};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use tokio::sync::oneshot;
use tokio::time::Instant;

#[derive(Debug, Default)]
pub(super) struct PendingCalls {
    /// Unanswered requests, in the order of submission.
    pending: BTreeMap<u64, PendingCall>,
    /// Methods that reject idempotency keys because they only read.
    reads: HashSet<(Cow<'static, str>, Cow<'static, str>)>,
}

#[derive(Debug)]
struct PendingCall {
    request: OutgoingRequest,
    reply_target: ReplyTarget,
    deadline: Instant,
    /// The identity that the request is sent under; see [`Driver::identity`].
    identity: u64,
    is_sent: bool,
    /// Whether it was sent on a connection that has ended since.
    was_sent: bool,
    /// Whether the client has authenticated again because of this request.
    is_retried: bool,
    /// How often the server has refused it for the moment.
    tries: u32,
}

/// The recipient of a reply.
#[derive(Debug)]
pub(super) enum ReplyTarget {
    Application(oneshot::Sender<Result<RawReply>>),
    /// The application, which authenticates with another token or signs out.
    Reauthentication {
        /// The token to return to if the server rejects the new one.
        before: Token,
        identity: u64,
        expires: oneshot::Sender<Result<Option<u64>>>,
    },
    /// This task, which authenticates a new connection.
    Authentication,
    /// This task, which renews the identity before it expires.
    Renewal,
    /// This task, which checks that the server responds.
    Heartbeat,
    /// This task, which asks up to which commit the subscription of this number and `ack_id` is complete.
    Position {
        number: u64,
        ack_id: u64,
    },
}

impl ReplyTarget {
    /// Whether the request is dropped when the connection ends.
    fn is_per_connection(&self) -> bool {
        matches!(
            self,
            Self::Authentication | Self::Renewal | Self::Heartbeat | Self::Position { .. }
        )
    }
}

impl PendingCalls {
    pub(super) fn ids(&self) -> Vec<u64> {
        self.pending.keys().copied().collect()
    }
}

impl Driver {
    pub(super) fn start_call(&mut self, call: SubmittedCall) {
        if call.reply.is_closed() {
            return;
        }
        if let Some(refusal) = &self.refusal {
            let error = Error::new(ErrorKind::Forbidden, refusal.clone());
            let _ = call
                .reply
                .send(Err(error.with_outcome(Outcome::NotApplied)));
            return;
        }
        let (most, waiting) = (self.settings.max_queue, self.calls.pending.len());
        if !self.is_ready && waiting >= most {
            let message =
                format!("{most} requests are waiting for a connection, the limit of `max_queue`");
            let error = Error::new(ErrorKind::TooMany, message)
                .with_limit("max_queue", most)
                .with_outcome(Outcome::NotApplied);
            let _ = call.reply.send(Err(error));
            return;
        }
        self.put(
            call.id,
            call.request,
            ReplyTarget::Application(call.reply),
            call.deadline,
        );
        self.submit(call.id);
    }

    /// Sends a request, unless it has to wait.
    fn submit(&mut self, id: u64) {
        if self.is_careful {
            self.send_waiting();
        } else if self.is_ready {
            self.send_call(id);
        }
    }

    /// Fails the waiting requests, because the next handshake will be rejected as well.
    pub(super) fn refused_handshake(&mut self, why: String) {
        for id in self.calls.ids() {
            self.fail(id, Error::new(ErrorKind::Forbidden, why.clone()));
        }
        self.refusal = Some(why);
    }

    /// Sends a request of this task on the current connection.
    pub(super) fn send_own_request(
        &mut self,
        action: &'static str,
        payload: String,
        reply_target: ReplyTarget,
    ) {
        let id = self.next_id();
        self.send_request(id, action, payload, reply_target);
    }

    /// Sends a request of the protocol itself.
    pub(super) fn send_request(
        &mut self,
        id: u64,
        action: &'static str,
        payload: String,
        reply_target: ReplyTarget,
    ) {
        let deadline = Instant::now() + self.settings.timeout;
        let (is_per_connection, request) = (
            reply_target.is_per_connection(),
            OutgoingRequest::reading(action, payload),
        );
        self.put(id, request, reply_target, deadline);
        if is_per_connection {
            self.send_call(id);
        } else {
            self.submit(id);
        }
    }

    fn put(
        &mut self,
        id: u64,
        request: OutgoingRequest,
        reply_target: ReplyTarget,
        deadline: Instant,
    ) {
        self.timers.set(Timer::Deadline(id), deadline);
        let pending = PendingCall {
            request,
            reply_target,
            deadline,
            identity: self.identity,
            is_sent: false,
            was_sent: false,
            is_retried: false,
            tries: 0,
        };
        self.calls.pending.insert(id, pending);
    }

    /// Sends the requests that waited for authentication.
    pub(super) fn send_waiting_calls(&mut self) {
        for id in self.calls.ids() {
            let is_held = self.timers.is_set(Timer::CallAgain(id));
            if !is_held && self.calls.pending.get(&id).is_some_and(|it| !it.is_sent) {
                self.send_call(id);
            }
        }
    }

    /// Returns the next request that waits to be sent.
    pub(super) fn next_waiting_call(&self) -> Option<u64> {
        let mut pending = self.calls.pending.iter();
        let is_waiting = |id: u64, call: &PendingCall| {
            !call.is_sent && !self.timers.is_set(Timer::CallAgain(id))
        };
        let next = pending.find(|(id, call)| is_waiting(**id, call));
        next.map(|(id, _)| *id)
    }

    pub(super) fn call_again(&mut self, id: u64) {
        self.submit(id);
    }

    pub(super) fn send_call(&mut self, id: u64) {
        let (now, may_key) = (self.server_time(), self.may_key);
        let Some(pending) = self.calls.pending.get_mut(&id) else {
            return;
        };
        let request = &mut pending.request;
        let name = (request.resource.clone(), request.action.clone());
        if request.effect == Effect::Unknown && self.calls.reads.contains(&name) {
            request.effect = Effect::ReadOnly;
            request.key = None;
        }
        // With another identity it would be a different request.
        if pending.was_sent
            && request.effect != Effect::ReadOnly
            && pending.identity != self.identity
        {
            return self.fail(id, lost());
        }
        if request.effect != Effect::ReadOnly && may_key && request.key.is_none() {
            request.key = Some(key(now));
        }
        let text = request.frame(id);
        if let Err(error) = self.check_size(&text) {
            return self.fail(id, error);
        }
        if let Some(pending) = self.calls.pending.get_mut(&id) {
            pending.is_sent = true;
        }
        self.send(text);
    }

    pub(super) fn timed_out(&mut self, id: u64) {
        let Some(pending) = self.calls.pending.get(&id) else {
            return;
        };
        let error = Error::new(ErrorKind::Timeout, "request timed out");
        let error = error.with_outcome(pending.outcome());
        self.fail(id, error);
    }

    /// Fails the requests whose outcome is unknown after the connection ended; the others wait.
    pub(super) fn disconnect_calls(&mut self) {
        for id in self.calls.ids() {
            let Some(pending) = self.calls.pending.get_mut(&id) else {
                continue;
            };
            let request = &pending.request;
            let is_safe = request.effect == Effect::ReadOnly || request.key.is_some();
            if pending.reply_target.is_per_connection() {
                self.forget_call(id);
            } else if pending.is_sent && !is_safe {
                self.fail(id, lost());
            } else if pending.is_sent {
                (pending.is_sent, pending.was_sent) = (false, true);
            }
        }
    }

    /// Fails all requests, because the client is closed.
    pub(super) fn end_calls(&mut self) {
        for id in self.calls.ids() {
            match self.calls.pending.get(&id) {
                Some(pending) if pending.reply_target.is_per_connection() => self.forget_call(id),
                _ => self.fail(id, closed()),
            }
        }
    }

    pub(super) fn forget_call(&mut self, id: u64) {
        self.timers.clear(Timer::Deadline(id));
        self.timers.clear(Timer::CallAgain(id));
        self.calls.pending.remove(&id);
        self.passed(Probe::Call(id));
    }

    pub(super) fn fail(&mut self, id: u64, error: Error) {
        let outcome = self.calls.pending.get(&id).map(PendingCall::outcome);
        let outcome = error
            .outcome()
            .filter(|outcome| *outcome == Outcome::Unknown)
            .or(outcome);
        self.settle(
            id,
            Err(error.with_outcome(outcome.unwrap_or(Outcome::NotApplied))),
        );
    }

    fn settle(&mut self, id: u64, reply: Result<RawReply>) {
        self.timers.clear(Timer::Deadline(id));
        self.timers.clear(Timer::CallAgain(id));
        let Some(pending) = self.calls.pending.remove(&id) else {
            return;
        };
        match pending.reply_target {
            // The call may have been dropped.
            ReplyTarget::Application(caller) => drop(caller.send(reply)),
            ReplyTarget::Reauthentication {
                before,
                identity,
                expires,
            } => {
                let reauthenticated = self.reauthenticated(before, identity, reply);
                drop(expires.send(reauthenticated));
            }
            ReplyTarget::Authentication => self.identified(reply),
            ReplyTarget::Renewal => self.renewed(reply),
            ReplyTarget::Heartbeat => {}
            ReplyTarget::Position { number, ack_id } => self.positioned(number, ack_id, reply),
        }
        self.passed(Probe::Call(id));
    }
}

impl PendingCall {
    /// Returns the outcome of a request that gets no reply.
    fn outcome(&self) -> Outcome {
        if (self.is_sent || self.was_sent) && self.request.effect != Effect::ReadOnly {
            Outcome::Unknown
        } else {
            Outcome::NotApplied
        }
    }
}

fn lost() -> Error {
    let message = "the connection ended before the reply";
    Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::Unknown)
}
