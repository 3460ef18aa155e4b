//! One request in, one reply out. No sockets.
//!
//! A message becomes a [`Job`] or is refused. What a job asks may be at hand; if not, it is
//! [kept](Kept) with its message and is a future. Either way there is one [`Answered`], whatever the
//! handler does.

pub(crate) mod actions;
mod commit;
mod conflict_key;
mod cost;
mod prepare;
mod schedule;
mod subscribe;
mod system;

pub(crate) use conflict_key::Address;
pub(crate) use cost::MANY;
pub(crate) use prepare::{Refused, prepare};
pub(crate) use schedule::Profile;
pub(crate) use subscribe::{begin_anew, seen};
pub(crate) use system::position;

use crate::core::error::{Error, ErrorKind, Outcome};
use crate::core::json::object::Object;
use crate::engine::call::context::Context;
use crate::engine::call::method::{MethodCall, Remote, Takes};
use crate::engine::idempotency::{RequestKey, fingerprint};
use crate::engine::session::Session;
use crate::engine::table::{Action, CoreAction, Route};
use crate::model::definition::{Parent, Relation};
use crate::model::resource_model::Model;
use crate::protocol::frame;
use crate::protocol::frame::{Head, HeadOffsets, Span};
use crate::protocol::options::Options;
use crate::protocol::reply::Reply;
use futures_util::FutureExt;
use std::any::Any;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use system::System;
use uuid::Uuid;

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
    head: HeadOffsets,
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

/// A reply, and what it repeats of its request.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) reply: Reply,
    /// Whether it was no frame at all.
    pub(crate) bad: bool,
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
        let Action::CoreAction(CoreAction::Get) = route.action else {
            return None;
        };
        let model = session.app.model(route.resource);
        let get = || {
            let read_filter = session
                .app
                .policies
                .read_filter(&session.caller(), model.index);
            read_filter.map_or_else(
                |error| Some(Err(error)),
                |read_filter| {
                    actions::get_at_hand(&*session.app.store, model, self.payload, &read_filter)
                },
            )
        };
        let reply =
            catch_unwind(AssertUnwindSafe(get)).unwrap_or_else(|why| Some(Err(panicked(&*why))))?;
        Some(self.noted(session, reply))
    }

    /// Does it.
    pub(crate) async fn run(&self, session: &Session, number: u64) -> Reply {
        let served = AssertUnwindSafe(self.serve(session, number))
            .catch_unwind()
            .await;
        self.noted(session, served.unwrap_or_else(|why| Err(panicked(&*why))))
    }

    /// The reply of a job that was not done in time.
    pub(crate) fn timed_out(&self, session: &Session, outcome: Outcome) -> Reply {
        let error = Error::new(ErrorKind::Timeout, "the request took too long");
        self.noted(session, Err(error.with_outcome(outcome)))
    }

    /// The reply of a job that is not even started, since the server stops.
    pub(crate) fn unavailable(&self, session: &Session) -> Reply {
        let error = Error::new(ErrorKind::Unavailable, "the server is shutting down");
        self.noted(session, Err(error))
    }

    /// The job's answer, which is `reply`.
    pub(crate) fn answered(&self, reply: Reply) -> Answered<'a> {
        // Whether the payload is JSON is found out only where it is read, and who is refused before
        // that may have sent anything.
        if reply.is_err()
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

    /// Does it; once, where it says by a key which request it is.
    async fn serve(&self, session: &Session, number: u64) -> Reply {
        let context = session.context(number);
        match self.options.key() {
            None => self.act(session, context).await,
            // Room for it is taken where it is needed only: every request is moved about.
            Some(key) => self.act_once(session, context, number, key).boxed().await,
        }
    }

    async fn act_once(&self, session: &Session, context: Context, number: u64, key: Uuid) -> Reply {
        let (resource, action) = self.names(session);
        let app = &session.app;
        app.policies.admit_to(context.identity(), false)?;
        let keyed = RequestKey {
            caller: context.caller().unwrap_or_default().into(),
            key,
            fingerprint: fingerprint(resource, action, self.payload, self.options.if_rev()),
        };
        // Until its turn has come an earlier run may be about to do it.
        let peer = &session.peer;
        peer.note_committing(number);
        let show = |resource: usize, record| context.shown(&app.models[resource], record);
        let run = async {
            peer.note_committed(number);
            let context = context.clone().under_key(keyed.clone());
            self.act(session, context).await
        };
        let reply = app
            .idempotency
            .run_once(&*app.store, &keyed, run, show)
            .await;
        peer.note_committed(number);
        reply
    }

    async fn act(&self, session: &Session, context: Context) -> Reply {
        let (payload, if_rev) = (self.payload, self.options.if_rev());
        let route = match self.target {
            Target::System(action) => {
                return action.run(session, &context, payload).boxed().await;
            }
            Target::Route(route) => route,
        };
        let model = session.app.model(route.resource);
        context.admit(model.index)?;
        match route.action {
            Action::CoreAction(CoreAction::Subscribe) => {
                self.subscribe(session, context, model, None).boxed().await
            }
            Action::CoreAction(CoreAction::Unsubscribe) => subscribe::end(session, model, payload),
            Action::CoreAction(action) => {
                actions::run(&context, model, action, payload, if_rev).await
            }
            Action::Remote(remote) => call(context, model, remote, payload, if_rev).await,
            Action::Relation(Relation::Subscribe, parent) => {
                let begun = self.subscribe(session, context, model, Some(parent));
                begun.boxed().await
            }
            Action::Relation(relation, parent) => {
                let run = actions::relations::run;
                let done = run(&context, model, relation, parent, payload, if_rev);
                done.boxed().await
            }
        }
    }

    async fn subscribe(
        &self,
        session: &Session,
        context: Context,
        model: &Model,
        parent: Option<&Parent>,
    ) -> Reply {
        let ack = self.head.ack().unwrap_or_default();
        subscribe::begin(session, &context, model, parent, ack, self.payload).await
    }

    /// The resource and the action, as the table calls them.
    fn names(&self, session: &Session) -> (&'static str, &'static str) {
        match self.target {
            Target::System(action) => ("sockful", action.name()),
            Target::Route(route) => (
                session.app.model(route.resource).definition.name,
                route.name,
            ),
        }
    }

    /// The reply, after the log has what belongs there: the cause of an internal error under the id
    /// that the caller is told, and failures that nobody waits for.
    fn noted(&self, session: &Session, mut reply: Reply) -> Reply {
        if let Err(error) = &mut reply {
            let address = session.peer.address();
            let (resource, action) = self.names(session);
            if error.kind() == ErrorKind::Internal {
                let (id, cause) = error.tell_id();
                tracing::error!(%id, resource, action, ?address, cause, "a request failed");
            } else if !self.head.wants_reply() {
                let code = error.code();
                tracing::debug!(resource, action, ?address, code, %error, "a request without ack_id failed");
            }
        }
        reply
    }
}

fn panicked(why: &(dyn Any + Send)) -> Error {
    Error::panicked("the handler", why)
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
        Takes::Ref | Takes::Mut => model.id(&Object::parse(payload)?)?,
    };
    let call = MethodCall {
        context: context.begin(),
        model,
        remote,
        id: &id,
        payload,
        if_rev,
    };
    let _lane = match remote.takes {
        Takes::Mut => Some(context.app().record_locks.lock(model.index, &id).await),
        Takes::Nothing | Takes::Ref => None,
    };
    (remote.run)(&call).await
}
