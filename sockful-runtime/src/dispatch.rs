//! One request in, one reply out. No sockets.
//!
//! A message becomes a [`Job`] or is refused. What a job asks may be at hand; if not, it is a
//! future. Either way there is one [`Answered`], whatever the handler does.

pub(crate) mod actions;
mod address;
mod options;
mod system;

pub(crate) use address::Address;

use crate::app::Session;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::frame::{self, Place, Request, Span};
use crate::model::Model;
use crate::object::Object;
use crate::remote::{Call, Remote, Takes};
use crate::reply::Reply;
use crate::routes::{Action, Core, Route};
use futures_util::FutureExt;
use options::Options;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use system::System;

/// A request that has found its route.
#[derive(Clone, Debug)]
pub(crate) struct Job<M> {
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

/// A message and the reply to it.
#[derive(Debug)]
pub(crate) struct Answered<M> {
    pub(crate) message: M,
    pub(crate) head: Place,
    pub(crate) reply: Reply,
    /// Whether it was no frame at all.
    pub(crate) bad: bool,
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
/// The answer, where it is no frame, or nothing that is served.
pub(crate) fn prepare<M: AsRef<str>>(session: &Session, message: M) -> Result<Job<M>, Answered<M>> {
    let text = message.as_ref();
    let request = match frame::parse(text) {
        Ok(request) => request,
        Err(frame::BadFrame { head, error }) => {
            let head = head.place(text);
            return Err(Answered {
                message,
                head,
                reply: Err(error),
                bad: true,
            });
        }
    };
    let head = request.head.place(text);
    let payload = Span::of(request.payload, text);
    let found = find(session, text, &request);
    if let Err(error) = &found
        && !request.head.wants_reply()
    {
        let (resource, action) = (&*request.resource, &*request.action);
        tracing::debug!(resource, action, code = error.code(), %error, "a request without ack_id was refused");
    }
    match found {
        Ok((target, options)) => Ok(Job {
            message,
            head,
            payload,
            options,
            target,
        }),
        Err(error) => {
            // Nobody will read its payload, so whether that is JSON is found out here.
            let error = frame::check(text).err().unwrap_or(error);
            let bad = error.kind() == ErrorKind::BadFrame;
            Err(Answered {
                head: if bad { Place::default() } else { head },
                message,
                reply: Err(error),
                bad,
            })
        }
    }
}

fn find(session: &Session, text: &str, request: &Request<'_>) -> Result<(Target, Options)> {
    let max_depth = session.config().max_depth;
    if frame::is_deeper_than(text, max_depth) {
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
        Some(target) => Ok((target, Options::parse(request.options)?)),
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

impl<M: AsRef<str>> Job<M> {
    /// The reply, where it is at hand without waiting for anything.
    pub(crate) fn at_hand(&self, session: &Session) -> Option<Reply> {
        let Target::Route(route) = self.target else {
            return None;
        };
        let Action::Core(Core::Get) = route.action else {
            return None;
        };
        let model = session.app.model(route.resource);
        let get = || actions::get_at_hand(&*session.app.shared.store, model, self.payload());
        let reply =
            catch_unwind(AssertUnwindSafe(get)).unwrap_or_else(|_| Some(Err(panicked())))?;
        Some(self.noted(session, reply))
    }

    /// Does it, and answers.
    pub(crate) async fn run(self, session: Arc<Session>, number: u64) -> Answered<M> {
        let served = AssertUnwindSafe(self.serve(&session, number))
            .catch_unwind()
            .await;
        let reply = self.noted(&session, served.unwrap_or_else(|_| Err(panicked())));
        self.answered(reply)
    }

    /// The job with its reply.
    pub(crate) fn answered(self, reply: Reply) -> Answered<M> {
        // Whether the payload is JSON is found out only where it is read.
        let is_bad = |error: &Error| {
            error.kind() == ErrorKind::BadFrame && frame::check(self.message.as_ref()).is_err()
        };
        let bad = reply.as_ref().is_err_and(is_bad);
        Answered {
            head: if bad { Place::default() } else { self.head },
            message: self.message,
            reply,
            bad,
        }
    }

    /// The job as one that was not done in time.
    pub(crate) fn timed_out(self, outcome: Outcome) -> Answered<M> {
        let error = Error::new(ErrorKind::Timeout, "the request took too long");
        self.answered(Err(error.outcome(outcome)))
    }

    /// The job as one that is not even started, since the server stops.
    pub(crate) fn unavailable(self) -> Answered<M> {
        self.answered(Err(Error::new(
            ErrorKind::Unavailable,
            "the server is shutting down",
        )))
    }

    /// What it addresses, and how long it may take.
    pub(crate) fn profile(&self, session: &Session) -> Profile {
        let mut timeout = session.config().request_timeout;
        let (mut address, mut is_list) = (Address::None, false);
        if let Target::Route(route) = self.target {
            address = Address::of(session.app.model(route.resource), route, self.payload());
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

    fn payload(&self) -> &str {
        self.payload.part(self.message.as_ref()).unwrap_or("null")
    }

    async fn serve(&self, session: &Session, number: u64) -> Reply {
        match self.target {
            Target::System(action) => action.run(session, self.payload()).await,
            Target::Route(route) => {
                let context = Context::new(session.peer.clone(), number);
                let model = session.app.model(route.resource);
                match route.action {
                    Action::Core(action) => {
                        actions::run(&context, model, action, self.payload()).await
                    }
                    Action::Remote(remote) => call(context, model, remote, self.payload()).await,
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
            } else if !self.head.head(self.message.as_ref()).wants_reply() {
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
async fn call(context: Context, model: &Model, remote: &'static Remote, payload: &str) -> Reply {
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
    };
    let _lane = match remote.takes {
        Takes::Mut => Some(context.shared().lanes.take(model.index, &id).await),
        Takes::Nothing | Takes::Ref => None,
    };
    (remote.run)(&call).await
}
