//! Requests, from the asking to the answer, over as many connections as it takes.

mod answers;

pub(super) use answers::is_passing;

use super::{Driver, Timer};
use crate::client::asked::{Answer, Asked, Manner, key};
use crate::client::closed;
use crate::client::token::Token;
use crate::core::error::{Error, ErrorKind, Outcome, Result};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// A request of the application.
#[derive(Debug)]
pub(in crate::client) struct Ask {
    pub(in crate::client) id: u64,
    pub(in crate::client) asked: Asked,
    pub(in crate::client) deadline: Instant,
    pub(in crate::client) answer: oneshot::Sender<Result<Answer>>,
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Those that are not answered, in the order asked.
    pending: BTreeMap<u64, Pending>,
    /// What has refused a key, since it only reads.
    reads: HashSet<(Cow<'static, str>, Cow<'static, str>)>,
}

#[derive(Debug)]
struct Pending {
    asked: Asked,
    for_whom: ForWhom,
    deadline: Instant,
    /// Who asks, by how often the application has said who it is.
    who: u64,
    is_sent: bool,
    /// Whether it was sent on a connection that has ended since.
    was_sent: bool,
    /// Whether the server has been told again who the client is for its sake.
    is_again: bool,
}

/// Who waits for an answer.
#[derive(Debug)]
pub(super) enum ForWhom {
    Application(oneshot::Sender<Result<Answer>>),
    /// The application, which wants to be somebody else, or nobody.
    Another {
        /// By which it says so as long as the server does not take it for that.
        before: Token,
        who: u64,
        told: oneshot::Sender<Result<Option<u64>>>,
    },
    /// This task, which tells the server who the client is.
    Identifying,
    /// This task, which tells it again before that expires.
    Renewing,
    /// This task, which wants a sign of life.
    Beat,
}

impl ForWhom {
    /// Whether it is of this connection, and nothing without it.
    fn is_once(&self) -> bool {
        matches!(self, Self::Identifying | Self::Renewing | Self::Beat)
    }
}

impl Calls {
    pub(super) fn ids(&self) -> Vec<u64> {
        self.pending.keys().copied().collect()
    }
}

impl Driver {
    pub(super) fn ask(&mut self, ask: Ask) {
        if ask.answer.is_closed() {
            return;
        }
        let (most, waiting) = (self.settings.max_queue, self.calls.pending.len());
        if !self.is_ready && waiting >= most {
            let message = format!("{most} requests wait for a connection, which is `max_queue`");
            let error = Error::new(ErrorKind::TooMany, message)
                .with_limit("max_queue", most)
                .with_outcome(Outcome::NotApplied);
            let _ = ask.answer.send(Err(error));
            return;
        }
        self.put(
            ask.id,
            ask.asked,
            ForWhom::Application(ask.answer),
            ask.deadline,
        );
        if self.is_ready {
            self.send_call(ask.id);
        }
    }

    /// Asks for something of this connection itself.
    pub(super) fn ask_myself(&mut self, action: &'static str, payload: String, for_whom: ForWhom) {
        let id = self.next_id();
        self.ask_of_itself(id, action, payload, for_whom);
    }

    /// Asks the server for something of its own.
    pub(super) fn ask_of_itself(
        &mut self,
        id: u64,
        action: &'static str,
        payload: String,
        for_whom: ForWhom,
    ) {
        let deadline = Instant::now() + self.settings.timeout;
        let (is_once, asked) = (for_whom.is_once(), Asked::reading(action, payload));
        self.put(id, asked, for_whom, deadline);
        if self.is_ready || is_once {
            self.send_call(id);
        }
    }

    fn put(&mut self, id: u64, asked: Asked, for_whom: ForWhom, deadline: Instant) {
        self.timers.set(Timer::Deadline(id), deadline);
        let pending = Pending {
            asked,
            for_whom,
            deadline,
            who: self.who,
            is_sent: false,
            was_sent: false,
            is_again: false,
        };
        self.calls.pending.insert(id, pending);
    }

    /// Sends what waited for the server to know who the client is.
    pub(super) fn send_waiting(&mut self) {
        for id in self.calls.ids() {
            let is_held = self.timers.is_set(Timer::CallAgain(id));
            if !is_held && self.calls.pending.get(&id).is_some_and(|it| !it.is_sent) {
                self.send_call(id);
            }
        }
    }

    pub(super) fn call_again(&mut self, id: u64) {
        if self.is_ready {
            self.send_call(id);
        }
    }

    fn send_call(&mut self, id: u64) {
        let (now, may_key) = (self.server_time(), self.may_key);
        let Some(pending) = self.calls.pending.get_mut(&id) else {
            return;
        };
        let asked = &mut pending.asked;
        let name = (asked.resource.clone(), asked.action.clone());
        if asked.manner == Manner::Unknown && self.calls.reads.contains(&name) {
            asked.manner = Manner::Reads;
            asked.key = None;
        }
        // Of another caller it would be another request.
        if pending.was_sent && asked.manner != Manner::Reads && pending.who != self.who {
            return self.fail(id, lost());
        }
        if asked.manner != Manner::Reads && may_key && asked.key.is_none() {
            asked.key = Some(key(now));
        }
        let text = asked.frame(id);
        if let Some(max) = self
            .greeting
            .as_ref()
            .and_then(|greeting| greeting.max_frame)
            && text.len() > max
        {
            let message = "the request is larger than the server takes";
            let error = Error::new(ErrorKind::TooLarge, message).with_limit("max_frame", max);
            return self.fail(id, error);
        }
        pending.is_sent = true;
        self.send(text);
    }

    pub(super) fn out_of_time(&mut self, id: u64) {
        let Some(pending) = self.calls.pending.get(&id) else {
            return;
        };
        let error = Error::new(ErrorKind::Timeout, "not done in time");
        let error = error.with_outcome(pending.outcome());
        self.fail(id, error);
    }

    /// The connection has ended: what can't be known to be done or not fails, the rest waits.
    pub(super) fn cut_calls(&mut self) {
        for id in self.calls.ids() {
            let Some(pending) = self.calls.pending.get_mut(&id) else {
                continue;
            };
            let asked = &pending.asked;
            let is_safe = asked.manner == Manner::Reads || asked.key.is_some();
            if pending.for_whom.is_once() {
                self.forget_call(id);
            } else if pending.is_sent && !is_safe {
                self.fail(id, lost());
            } else if pending.is_sent {
                (pending.is_sent, pending.was_sent) = (false, true);
            }
        }
    }

    /// There will be no connection any more.
    pub(super) fn end_calls(&mut self) {
        for id in self.calls.ids() {
            match self.calls.pending.get(&id) {
                Some(pending) if pending.for_whom.is_once() => self.forget_call(id),
                _ => self.fail(id, closed()),
            }
        }
    }

    pub(super) fn forget_call(&mut self, id: u64) {
        self.timers.clear(Timer::Deadline(id));
        self.timers.clear(Timer::CallAgain(id));
        self.calls.pending.remove(&id);
    }

    pub(super) fn fail(&mut self, id: u64, error: Error) {
        let outcome = self.calls.pending.get(&id).map(Pending::outcome);
        let outcome = error
            .outcome()
            .filter(|told| *told == Outcome::Unknown)
            .or(outcome);
        self.settle(
            id,
            Err(error.with_outcome(outcome.unwrap_or(Outcome::NotApplied))),
        );
    }

    fn settle(&mut self, id: u64, told: Result<Answer>) {
        self.timers.clear(Timer::Deadline(id));
        self.timers.clear(Timer::CallAgain(id));
        let Some(pending) = self.calls.pending.remove(&id) else {
            return;
        };
        match pending.for_whom {
            // Who has gone does not wait for it.
            ForWhom::Application(answer) => drop(answer.send(told)),
            ForWhom::Another {
                before,
                who,
                told: expires,
            } => {
                let became = self.became(before, who, told);
                drop(expires.send(became));
            }
            ForWhom::Identifying => self.identified(told),
            ForWhom::Renewing => self.renewed(told),
            ForWhom::Beat => {}
        }
    }
}

impl Pending {
    /// Whether it may have been done, as far as can be known without an answer.
    fn outcome(&self) -> Outcome {
        if (self.is_sent || self.was_sent) && self.asked.manner != Manner::Reads {
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
