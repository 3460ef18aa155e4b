//! A request that has found its route, whichever transport it came by.

use super::Answered;
use super::outcome::RequestOutcome;
use super::system::SystemAction;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::json;
use crate::core::json::span::Span;
use crate::engine::session::Session;
use crate::engine::table::{ActionTraits, Route};
use crate::protocol::frame;
use crate::protocol::frame::{Head, HeadOffsets, RawFrame};
use crate::protocol::options::Options;
use crate::protocol::payload::Payload;
use crate::protocol::reply::Reply;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// A request that has found its route.
#[derive(Debug)]
pub(crate) struct Request {
    pub(super) head: HeadOffsets,
    pub(super) payload: Payload,
    pub(super) options: Options,
    pub(super) target: Target,
    pub(super) origin: RequestOrigin,
    /// Whether the payload may hold a list.
    pub(super) may_hold_list: bool,
}

/// What the text of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestOrigin {
    /// A frame.
    Frame,
    /// The payload alone; resource, action and options were given beside it.
    Parts,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    System(SystemAction),
    Route(&'static Route),
}

/// A message that is not a request for anything served, and why.
#[derive(Debug)]
pub(crate) struct Refused {
    message: Utf8Bytes,
    head: HeadOffsets,
    error: Error,
    is_bad_frame: bool,
}

impl Request {
    /// Parses a frame and finds its route.
    ///
    /// # Errors
    ///
    /// Why it is refused: it is not a frame, or asks for something that is not served.
    pub(crate) fn from_frame(session: &Session, message: Utf8Bytes) -> Result<Self, Refused> {
        let frame = match frame::parse(&message) {
            Ok(frame) => frame,
            Err(frame::BadFrame { head, error }) => {
                let head = head.offsets(&message);
                return Err(Refused::bad_frame(message, head, error));
            }
        };
        let head = frame.head.offsets(&message);
        let error = match find(session, &message, &frame) {
            Ok((target, _)) if target.traits().is_streaming && !frame.head.wants_reply() => {
                let text = "a subscription is known by its ack_id, and this has none";
                let error = Error::new(ErrorKind::BadFrame, text);
                return Err(Refused::bad_frame(message, head, error));
            }
            Ok((target, options)) => {
                let span = Span::of(&message, frame.payload);
                // Deeper than frame and payload is what is inside of the payload, or of the options.
                let is_flat = frame.depth.is_some_and(|depth| depth <= 2);
                let may_hold_list = !is_flat && frame.payload.contains('[');
                return Ok(Self {
                    head,
                    options,
                    target,
                    origin: RequestOrigin::Frame,
                    may_hold_list,
                    payload: Payload::within(message, span),
                });
            }
            Err(error) => error,
        };
        if !frame.head.wants_reply() {
            let (resource, action) = (&*frame.resource, &*frame.action);
            tracing::debug!(resource, action, code = error.code(), %error, "a request without ack_id was refused");
        }
        // No handler reads its payload, so whether that is JSON is checked here.
        Err(match frame::check(&message) {
            Ok(()) => Refused {
                message,
                head,
                error,
                is_bad_frame: false,
            },
            Err(error) => Refused::bad_frame(message, HeadOffsets::default(), error),
        })
    }

    /// Finds the route of a request that came in parts instead of a frame. It always wants a reply.
    ///
    /// # Errors
    ///
    /// Why it is refused.
    pub(crate) fn from_parts(
        session: &Session,
        resource: &str,
        action: &str,
        payload: String,
        options: &str,
    ) -> Result<Self> {
        let target = Target::find(session, resource, action)?;
        // A frame would nest the payload once more.
        check_depth(session, &payload, 1)?;
        Ok(Self {
            head: HeadOffsets::default(),
            options: target.options(session, options)?,
            target,
            origin: RequestOrigin::Parts,
            may_hold_list: payload.contains('['),
            payload: Payload::new(payload),
        })
    }

    /// The same request with its payload as a merge patch: objects in it change the properties of the
    /// stored objects that they name, and null removes one.
    pub(crate) fn merging(mut self) -> Self {
        self.payload.is_merge_patch = true;
        self
    }

    /// What the reply repeats of the request.
    pub(crate) fn head(&self) -> Head<'_> {
        self.head.head(self.payload.source())
    }

    pub(super) fn wants_reply(&self) -> bool {
        self.origin == RequestOrigin::Parts || self.head.wants_reply()
    }

    /// The outcome of this request, which others still refer to.
    pub(crate) fn answered(&self, outcome: impl Into<RequestOutcome>) -> Answered {
        let outcome = outcome.into();
        let is_json = self.check_json(&outcome.reply);
        Answered::new(self.payload.source().clone(), self.head, outcome, is_json)
    }

    /// The outcome of this request.
    pub(crate) fn into_answered(self, outcome: impl Into<RequestOutcome>) -> Answered {
        let outcome = outcome.into();
        let is_json = self.check_json(&outcome.reply);
        Answered::new(self.payload.into_source(), self.head, outcome, is_json)
    }

    /// Whether the payload is JSON is only found out by reading it, and a request that was refused
    /// before that may have any text in its place.
    fn check_json(&self, reply: &Reply) -> Result<()> {
        if reply.is_ok() {
            return Ok(());
        }
        match self.origin {
            RequestOrigin::Frame => frame::check(self.payload.source()),
            RequestOrigin::Parts => json::check(self.payload.text()),
        }
    }
}

impl Target {
    fn find(session: &Session, resource: &str, action: &str) -> Result<Self> {
        if resource == "sockful" {
            return SystemAction::find(action).map(Self::System);
        }
        session.app.route(resource, action).map(Self::Route)
    }

    pub(super) fn traits(self) -> ActionTraits {
        match self {
            Self::System(action) => action.traits(),
            Self::Route(route) => route.traits,
        }
    }

    /// Parses the options of a request for this target.
    fn options(self, session: &Session, options: &str) -> Result<Options> {
        let traits = self.traits();
        let model = match self {
            Self::Route(route) if traits.changes_record => Some(session.app.model(route.resource)),
            _ => None,
        };
        Options::parse(options, model, traits.takes_key)
    }
}

fn find(session: &Session, message: &str, frame: &RawFrame<'_>) -> Result<(Target, Options)> {
    if frame
        .depth
        .is_none_or(|depth| depth > session.config().connection.max_depth)
    {
        check_depth(session, message, 0)?;
    }
    let target = Target::find(session, &frame.resource, &frame.action)?;
    Ok((target, target.options(session, frame.options)?))
}

/// Refuses a text that nests deeper than the limit, within so many `levels` around it.
fn check_depth(session: &Session, text: &str, levels: usize) -> Result<()> {
    let max_depth = session.config().connection.max_depth;
    if frame::is_deeper_than(text, max_depth.saturating_sub(levels)) {
        return Err(Error::too_large(
            "the depth of the message",
            "max_depth",
            max_depth,
        ));
    }
    Ok(())
}

impl Refused {
    fn bad_frame(message: Utf8Bytes, head: HeadOffsets, error: Error) -> Self {
        Self {
            message,
            head,
            error,
            is_bad_frame: true,
        }
    }

    /// The same refused for another reason, unless it is not a frame.
    pub(crate) fn instead(mut self, error: Error) -> Self {
        if !self.is_bad_frame {
            self.error = error;
        }
        self
    }
}

impl From<Refused> for Answered {
    fn from(refused: Refused) -> Self {
        Self {
            message: refused.message,
            head: refused.head,
            outcome: refused.error.into(),
            bad: refused.is_bad_frame,
        }
    }
}
