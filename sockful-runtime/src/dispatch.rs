//! Dispatches requests: one request in, exactly one reply out, independent of the transport.
//!
//! A transport creates a [`Request`] from what it receives. The reply may be available at once
//! ([`Request::try_now`]); otherwise the request runs as a future. Either way there is exactly one
//! [`Answered`], whatever the handler does.

pub(crate) mod actions;
mod commit;
mod conflict_key;
mod cost;
mod outcome;
mod request;
mod schedule;
mod system;

pub(crate) use actions::subscribe::scope::SubscriptionScope;
pub(crate) use conflict_key::ConflictKey;
pub(crate) use cost::MANY;
pub(crate) use outcome::{RequestOutcome, SubscriptionChange};
pub(crate) use request::Request;
use request::Target;
pub(crate) use schedule::Schedule;
pub(crate) use system::position;

use crate::core::error::{Error, ErrorKind, Outcome, Result};
use crate::engine::after_hook_queue::within_call;
use crate::engine::call::after_hooks;
use crate::engine::call::context::Context;
use crate::engine::call::method::{MethodCall, Receiver, Remote};
use crate::engine::call::rerun;
use crate::engine::idempotency::{RequestKey, fingerprint};
use crate::engine::session::Session;
use crate::engine::table::{Action, CoreAction};
use crate::model::definition::{Parent, Relation};
use crate::model::resource_model::Model;
use crate::protocol::frame::{Head, HeadOffsets};
use crate::protocol::payload::Payload;
use crate::protocol::reply::Reply;
use actions::subscribe;
use futures_util::FutureExt;
use std::any::Any;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use uuid::Uuid;

/// The outcome of a request, with the message that contains the head of the reply.
#[derive(Debug)]
pub(crate) struct Answered {
    message: Utf8Bytes,
    head: HeadOffsets,
    pub(crate) outcome: RequestOutcome,
    /// Whether the message was not a frame.
    pub(crate) bad: bool,
}

impl Answered {
    /// The `outcome` of a request in `message`, or the error in `is_json` if the message is not
    /// JSON.
    fn new(
        message: Utf8Bytes,
        head: HeadOffsets,
        outcome: RequestOutcome,
        is_json: Result<()>,
    ) -> Self {
        match is_json {
            Ok(()) => Self {
                message,
                head,
                outcome,
                bad: false,
            },
            Err(error) => Self {
                message,
                head: HeadOffsets::default(),
                outcome: error.into(),
                bad: true,
            },
        }
    }

    /// The part of the request that the reply repeats.
    pub(crate) fn head(&self) -> Head<'_> {
        self.head.head(&self.message)
    }
}

impl Request {
    /// Returns the reply if it is available without waiting.
    pub(crate) fn try_now(&self, session: &Session) -> Option<Reply> {
        let Target::Route(route) = self.target else {
            return None;
        };
        let Action::Core(CoreAction::Get) = route.action else {
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
                    actions::try_get_now(&*session.app.store, model, &self.payload, &read_filter)
                },
            )
        };
        let reply =
            catch_unwind(AssertUnwindSafe(get)).unwrap_or_else(|why| Some(Err(panicked(&*why))))?;
        Some(self.log_error(session, reply))
    }

    /// Runs the request.
    pub(crate) async fn run(&self, session: &Session, number: u64) -> RequestOutcome {
        let served = AssertUnwindSafe(self.serve(session, number))
            .catch_unwind()
            .await;
        let outcome = served.unwrap_or_else(|why| panicked(&*why).into());
        RequestOutcome {
            reply: self.log_error(session, outcome.reply),
            change: outcome.change,
        }
    }

    /// The reply to a request that took too long.
    pub(crate) fn timed_out(&self, session: &Session, outcome: Outcome) -> Reply {
        let error = Error::new(ErrorKind::Timeout, "the request timed out");
        self.log_error(session, Err(error.with_outcome(outcome)))
    }

    /// The reply to a request that is not started, or not completed, because the server shuts down.
    pub(crate) fn unavailable(&self, session: &Session, outcome: Outcome) -> Reply {
        self.log_error(session, Err(Error::shutting_down(outcome)))
    }

    /// Runs the request; at most once if it has an idempotency key.
    async fn serve(&self, session: &Session, number: u64) -> RequestOutcome {
        let context = session.context(number);
        match self.options.key() {
            None => self.act(session, context).await,
            // Boxed, so that requests without a key, which are all moved, do not reserve space for
            // it.
            Some(key) => {
                let once = self.act_once(session, context, number, key);
                once.boxed().await.into()
            }
        }
    }

    async fn act_once(&self, session: &Session, context: Context, number: u64, key: Uuid) -> Reply {
        let (resource, mut action) = self.names(session);
        if self.payload.is_merge_patch {
            // The same text has another meaning as a merge patch.
            action = "merge";
        }
        let app = &session.app;
        app.policies.admit_to(context.identity(), false)?;
        let keyed = RequestKey {
            caller: context.caller().unwrap_or_default().into(),
            key,
            fingerprint: fingerprint(resource, action, self.payload.text(), self.options.if_rev()),
        };
        // Until the request is first in the queue of its key, an earlier run may be committing.
        let peer = &session.peer;
        peer.note_committing(number);
        let show = |resource: usize, record| context.shown(&app.models[resource], record);
        let run = async {
            peer.note_committed(number);
            let context = context.clone().under_key(keyed.clone());
            // A request with a key has no effect on subscriptions.
            self.act(session, context).await.reply
        };
        let reply = app
            .idempotency
            .run_once(&*app.store, &keyed, run, show)
            .await;
        peer.note_committed(number);
        commit::hide_stored(session, &context, &self.payload, reply?)
    }

    async fn act(&self, session: &Session, context: Context) -> RequestOutcome {
        let (payload, if_rev) = (&self.payload, self.options.if_rev());
        let route = match self.target {
            Target::System(action) => {
                return action.run(session, &context, payload).boxed().await;
            }
            Target::Route(route) => route,
        };
        let model = session.app.model(route.resource);
        if let Err(error) = context.admit(model.index) {
            return error.into();
        }
        match route.action {
            Action::Core(CoreAction::Subscribe) => {
                self.subscribe(session, context, model, None).boxed().await
            }
            Action::Core(CoreAction::Unsubscribe) => subscribe::end(session, model, payload).into(),
            Action::Core(action) => {
                let reply = actions::run(&context, model, action, payload, if_rev).await;
                reply.into()
            }
            Action::Remote(remote) => call(context, model, remote, payload, if_rev).await.into(),
            Action::Relation(Relation::Subscribe, parent) => {
                let begun = self.subscribe(session, context, model, Some(parent));
                begun.boxed().await
            }
            Action::Relation(relation, parent) => {
                let run = actions::relations::run;
                let done = run(&context, model, relation, parent, payload, if_rev);
                done.boxed().await.into()
            }
        }
    }

    async fn subscribe(
        &self,
        session: &Session,
        context: Context,
        model: &Model,
        parent: Option<&Parent>,
    ) -> RequestOutcome {
        let head = self.head();
        let ack = head.ack().unwrap_or_default();
        let begun = subscribe::begin(session, &context, model, parent, ack, &self.payload);
        begun.await.into()
    }

    /// The names of the resource and the action in the dispatch table.
    fn names(&self, session: &Session) -> (&'static str, &'static str) {
        match self.target {
            Target::System(action) => ("sockful", action.name()),
            Target::Route(route) => (
                session.app.model(route.resource).definition.name,
                route.name,
            ),
        }
    }

    /// Logs the cause of an internal error, under the id that the caller receives, and the failure
    /// of a request without a reply. Returns the reply.
    fn log_error(&self, session: &Session, mut reply: Reply) -> Reply {
        if let Err(error) = &mut reply {
            let address = session.peer.address();
            let (resource, action) = self.names(session);
            if error.kind() == ErrorKind::Internal {
                let (id, cause) = error.assign_id();
                tracing::error!(%id, resource, action, ?address, cause, "request failed");
            } else if !self.wants_reply() {
                let code = error.code();
                tracing::debug!(resource, action, ?address, code, %error, "request without ack_id failed");
            }
        }
        reply
    }
}

fn panicked(why: &(dyn Any + Send)) -> Error {
    Error::panicked("the handler", why)
}

/// Calls a remote method. A method that changes its record holds the lock of that record.
async fn call(
    context: Context,
    model: &Model,
    remote: &'static Remote,
    payload: &Payload,
    if_rev: Option<u64>,
) -> Reply {
    let id = match remote.receiver {
        Receiver::None => Cow::Borrowed(""),
        Receiver::Ref | Receiver::Mut => model.id(&payload.object()?)?.into_owned().into(),
    };
    let call = MethodCall {
        context: context.begin(),
        model,
        remote,
        id: &id,
        payload,
        if_rev,
    };
    after_hooks::wait_for_room(&call.context, None).await;
    let _guard = match remote.receiver {
        Receiver::Mut => Some(context.app().record_locks.lock((model.index, &*id)).await),
        Receiver::None | Receiver::Ref => None,
    };
    let _escalation = call.context.transaction()?.escalation_scope();
    loop {
        match within_call((remote.run)(&call)).await {
            Err(error) => rerun::after_error(&call.context, error).await?,
            done => return done,
        }
    }
}
