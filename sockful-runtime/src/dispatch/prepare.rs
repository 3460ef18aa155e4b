//! From a message to a [`Job`], or to the reason why there is none.

use super::system::System;
use super::{Answered, Job, Target};
use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::call::method::Takes;
use crate::engine::session::Session;
use crate::engine::table::{Action, CoreAction};
use crate::model::definition::Relation;
use crate::protocol::frame;
use crate::protocol::frame::{Head, RawFrame};
use crate::protocol::options::Options;

/// A message that leads nowhere, and why.
#[derive(Debug)]
pub(crate) struct Refused<'a> {
    head: Head<'a>,
    error: Error,
    bad: bool,
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
        Ok((target, _)) if target.goes_on() && !head.wants_reply() => {
            let message = "a subscription is known by its ack_id, and this has none";
            let error = Error::new(ErrorKind::BadFrame, message);
            let bad = true;
            return Err(Refused { head, error, bad });
        }
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

fn find(session: &Session, message: &str, request: &RawFrame<'_>) -> Result<(Target, Options)> {
    let max_depth = session.config().max_depth;
    if frame::is_deeper_than(message, max_depth) {
        return Err(Error::too_large(
            "the depth of the message",
            "max_depth",
            max_depth,
        ));
    }
    let target = if request.resource == "sockful" {
        Target::System(System::find(&request.action)?)
    } else {
        Target::Route(session.app.route(&request.resource, &request.action)?)
    };
    let changed = target.changes().map(|at| session.app.model(at));
    let once = target.is_done_once().then_some(&session.app.clock);
    Ok((target, Options::parse(request.options, changed, once)?))
}

impl Target {
    /// The place of the resource whose record it changes or removes, where it is one that may be there.
    fn changes(self) -> Option<u16> {
        let Self::Route(route) = self else {
            return None;
        };
        let changes = match route.action {
            Action::CoreAction(action) => matches!(
                action,
                CoreAction::Update | CoreAction::Save | CoreAction::Destroy
            ),
            Action::Remote(remote) => remote.takes == Takes::Mut,
            Action::Relation(relation, _) => {
                matches!(relation, Relation::Update | Relation::Destroy)
            }
        };
        changes.then_some(route.resource)
    }

    /// Whether it goes on after its reply.
    fn goes_on(self) -> bool {
        let Self::Route(route) = self else {
            return false;
        };
        matches!(
            route.action,
            Action::CoreAction(CoreAction::Subscribe) | Action::Relation(Relation::Subscribe, _)
        )
    }

    /// Whether it may do something that a retry must not do again.
    fn is_done_once(self) -> bool {
        match self {
            Self::System(action) => action == System::Commit,
            Self::Route(route) => match route.action {
                Action::CoreAction(action) => {
                    matches!(
                        action,
                        CoreAction::Create
                            | CoreAction::Update
                            | CoreAction::Save
                            | CoreAction::Destroy
                    )
                }
                Action::Remote(_) => true,
                Action::Relation(relation, _) => {
                    !matches!(relation.core(), "get" | "find" | "subscribe")
                }
            },
        }
    }
}

impl Refused<'_> {
    /// The same refused for another reason, but that it is no frame.
    pub(crate) fn instead(mut self, error: Error) -> Self {
        if !self.bad {
            self.error = error;
        }
        self
    }

    pub(super) fn no_json(error: Error) -> Self {
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
