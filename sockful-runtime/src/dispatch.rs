//! One request in, one reply out. No sockets.
//!
//! A message becomes a [`Job`] or is refused. What a job asks may be at hand; if not, it is
//! [kept](Kept) with its message and is a future. Either way there is one [`Answered`], whatever the
//! handler does.

pub(crate) mod actions;
mod address;
mod options;
mod system;

pub(crate) use address::Address;

use crate::app::Session;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::frame::{self, Head, Place, Request, Span};
use crate::model::Model;
use crate::object::Object;
use crate::remote::{Call, Remote, Takes};
use crate::reply::Reply;
use crate::routes::{Action, Core, Route};
use futures_util::FutureExt;
use options::Options;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use system::System;
use tokio::time::Instant;

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A request that has found its route.
#[derive(Clone, Debug)]
pub(crate) struct Job<'a> {
    message: &'a str,
    head: Head<'a>,
    payload: &'a str,
    options: Options,
    target: Target,
}

/// A [`Job`] with the message that it came in, for as long as it takes.
#[derive(Clone, Debug)]
pub(crate) struct Kept<M> {
    message: M,
    head: Place,
    payload: Span,
    options: Options,
    target: Target,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
enum Target {
    System(System),
    Route(&'static Route),
}

impl Target {
    /// The place of the resource whose record it changes or removes, where it is one that may be there.
    fn changes(self) -> Option<u16> {
        let Self::Route(route) = self else {
            return None;
        };
        let changes = match route.action {
            Action::Core(action) => matches!(action, Core::Update | Core::Save | Core::Destroy),
            Action::Remote(remote) => remote.takes == Takes::Mut,
        };
        changes.then_some(route.resource)
    }
}

/// A reply, and what it repeats of its request.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) reply: Reply,
    /// Whether it was no frame at all.
    pub(crate) bad: bool,
}

/// A message that leads nowhere, and why.
#[derive(Debug)]
pub(crate) struct Refused<'a> {
    head: Head<'a>,
    error: Error,
    bad: bool,
}

/// What is to be known of a job that can't be done at once.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) address: Address,
    pub(crate) timeout: Duration,
    pub(crate) is_list: bool,
}

/// Finds out what a message wants.
///
/// # Errors
///
/// Why not, where it is no frame, or for nothing that is served.
pub(crate) fn prepare<'a>(session: &Session, message: &'a str) -> Result<Job<'a>, Refused<'a>> {
    let request = match frame::parse(message) {
        Ok(request) => request,
        Err(frame::BadFrame { head, error }) => {
            let bad = true;
            return Err(Refused { head, error, bad });
        }
    };
    let (head, payload) = (request.head, request.payload);
    let error = match find(session, message, &request) {
        Ok((target, options)) => {
            return Ok(Job {
                message,
                head,
                payload,
                options,
                target,
            });
        }
        Err(error) => error,
    };
    if !head.wants_reply() {
        let (resource, action) = (&*request.resource, &*request.action);
        tracing::debug!(resource, action, code = error.code(), %error, "a request without ack_id was refused");
    }
    // Nobody will read its payload, so whether that is JSON is found out here.
    Err(match frame::check(message) {
        Ok(()) => Refused {
            head,
            error,
            bad: false,
        },
        Err(error) => Refused::no_json(error),
    })
}

fn find(session: &Session, message: &str, request: &Request<'_>) -> Result<(Target, Options)> {
    let max_depth = session.config().max_depth;
    if frame::is_deeper_than(message, max_depth) {
        return Err(Error::too_large(
            "the depth of the message",
            "max_depth",
            max_depth,
        ));
    }
    let resources = &session.app.resources;
    let target = if request.resource == "sockful" {
        System::find(&request.action).map(Target::System)
    } else {
        resources
            .find(&request.resource, &request.action)
            .map(Target::Route)
    };
    match target {
        Some(target) => {
            let changed = target.changes().map(|at| session.app.model(at));
            Ok((target, Options::parse(request.options, changed)?))
        }
        None if request.resource == "sockful"
            || resources.position(&request.resource).is_some() =>
        {
            Err(Error::new(
                ErrorKind::UnknownAction,
                "the resource has no such action",
            ))
        }
        None => Err(Error::new(
            ErrorKind::UnknownResource,
            "there is no such resource",
        )),
    }
}

impl Profile {
    /// When the time of a job is over that was read just now.
    pub(crate) fn deadline(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.timeout).unwrap_or(now + A_YEAR)
    }
}

impl<M: AsRef<str>> Kept<M> {
    pub(crate) fn job(&self) -> Job<'_> {
        let message = self.message.as_ref();
        Job {
            message,
            head: self.head.head(message),
            payload: self.payload.part(message).unwrap_or("null"),
            options: self.options.clone(),
            target: self.target,
        }
    }
}

impl Refused<'_> {
    fn no_json(error: Error) -> Self {
        Self {
            head: Head::NOBODY,
            error,
            bad: true,
        }
    }
}

impl<'a> From<Refused<'a>> for Answered<'a> {
    fn from(Refused { head, error, bad }: Refused<'a>) -> Self {
        let reply = Err(error);
        Self { head, reply, bad }
    }
}

impl<'a> Job<'a> {
    /// The job in a form that does not borrow; `message` is the one that it came in.
    pub(crate) fn keep<M: AsRef<str>>(self, message: M) -> Kept<M> {
        Kept {
            head: self.head.place(self.message),
            payload: Span::of(self.payload, self.message),
            options: self.options,
            target: self.target,
            message,
        }
    }

    /// The reply, where it is at hand without waiting for anything.
    pub(crate) fn at_hand(&self, session: &Session) -> Option<Reply> {
        let Target::Route(route) = self.target else {
            return None;
        };
        let Action::Core(Core::Get) = route.action else {
            return None;
        };
        let model = session.app.model(route.resource);
        let get = || actions::get_at_hand(&*session.app.shared.store, model, self.payload);
        let reply =
            catch_unwind(AssertUnwindSafe(get)).unwrap_or_else(|_| Some(Err(panicked())))?;
        Some(self.noted(session, reply))
    }

    /// Does it.
    pub(crate) async fn run(&self, session: &Session, number: u64) -> Reply {
        let served = AssertUnwindSafe(self.serve(session, number))
            .catch_unwind()
            .await;
        self.noted(session, served.unwrap_or_else(|_| Err(panicked())))
    }

    /// The reply of a job that was not done in time.
    pub(crate) fn timed_out(&self, session: &Session, outcome: Outcome) -> Reply {
        let error = Error::new(ErrorKind::Timeout, "the request took too long");
        self.noted(session, Err(error.outcome(outcome)))
    }

    /// The reply of a job that is not even started, since the server stops.
    pub(crate) fn unavailable(&self, session: &Session) -> Reply {
        let error = Error::new(ErrorKind::Unavailable, "the server is shutting down");
        self.noted(session, Err(error))
    }

    /// The job's answer, which is `reply`.
    pub(crate) fn answered(&self, reply: Reply) -> Answered<'a> {
        // Whether the payload is JSON is found out only where it is read.
        if reply
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::BadFrame)
            && let Err(error) = frame::check(self.message)
        {
            return Refused::no_json(error).into();
        }
        Answered {
            head: self.head,
            reply,
            bad: false,
        }
    }

    /// What it addresses, and how long it may take.
    pub(crate) fn profile(&self, session: &Session) -> Profile {
        let mut timeout = session.config().request_timeout;
        let (mut address, mut is_list) = (Address::None, false);
        if let Target::Route(route) = self.target {
            address = Address::of(session.app.model(route.resource), route, self.payload);
            match route.action {
                Action::Core(action) => {
                    is_list = action == Core::Find || matches!(address, Address::Several { .. });
                }
                Action::Remote(remote) => timeout = remote.timeout.unwrap_or(timeout),
            }
        }
        let timeout = self
            .options
            .timeout
            .map_or(timeout, |asked| timeout.min(asked));
        Profile {
            address,
            timeout,
            is_list,
        }
    }

    async fn serve(&self, session: &Session, number: u64) -> Reply {
        match self.target {
            Target::System(action) => action.run(session, self.payload).await,
            Target::Route(route) => {
                let context = Context::new(session.peer.clone(), number);
                let model = session.app.model(route.resource);
                match route.action {
                    Action::Core(action) => {
                        let if_rev = self.options.if_rev;
                        actions::run(&context, model, action, self.payload, if_rev).await
                    }
                    Action::Remote(remote) => {
                        let if_rev = self.options.if_rev;
                        call(context, model, remote, self.payload, if_rev).await
                    }
                }
            }
        }
    }

    /// The reply, after the log has what belongs there: the cause of an internal error under the id
    /// that the caller is told, and failures that nobody waits for.
    fn noted(&self, session: &Session, mut reply: Reply) -> Reply {
        if let Err(error) = &mut reply {
            let address = session.peer.address();
            let (resource, action) = match self.target {
                Target::System(action) => ("sockful", action.name()),
                Target::Route(route) => {
                    (session.app.model(route.resource).declared.name, route.name)
                }
            };
            if error.kind() == ErrorKind::Internal {
                let id = uuid::Uuid::now_v7();
                let cause = std::error::Error::source(error).map(ToString::to_string);
                tracing::error!(%id, resource, action, ?address, cause, "a request failed");
                error.tell_id(id);
            } else if !self.head.wants_reply() {
                let code = error.code();
                tracing::debug!(resource, action, ?address, code, %error, "a request without ack_id failed");
            }
        }
        reply
    }
}

fn panicked() -> Error {
    Error::internal("the handler panicked")
}

/// Calls a remote method, a changing one in the lane of its record.
async fn call(
    context: Context,
    model: &Model,
    remote: &'static Remote,
    payload: &str,
    if_rev: Option<u64>,
) -> Reply {
    let id = match remote.takes {
        Takes::Nothing => Cow::Borrowed(""),
        Takes::Ref | Takes::Mut => actions::id(model, &Object::parse(payload)?)?,
    };
    let call = Call {
        context: context.clone(),
        model,
        remote,
        id: &id,
        payload,
        if_rev,
    };
    let _lane = match remote.takes {
        Takes::Mut => Some(context.shared().lanes.take(model.index, &id).await),
        Takes::Nothing | Takes::Ref => None,
    };
    (remote.run)(&call).await
}
