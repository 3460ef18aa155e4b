//! A request with its route, independent of the transport.

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

/// A request with its route.
#[derive(Debug)]
pub(crate) struct Request {
    pub(super) head: HeadOffsets,
    pub(super) payload: Payload,
    pub(super) options: Options,
    pub(super) target: Target,
    pub(super) origin: RequestOrigin,
    /// Whether the payload may contain a list.
    pub(super) may_hold_list: bool,
}

/// The form in which a request arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestOrigin {
    /// A frame.
    Frame,
    /// The payload alone; resource, action and options were passed separately.
    Parts,
}

/// The target of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    System(SystemAction),
    Route(&'static Route),
}

/// A message that is not a request for anything served, with the reason.
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
    /// If the message is not a frame, or requests something that is not served.
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
                let text = "a subscription needs an ack_id";
                let error = Error::new(ErrorKind::BadFrame, text);
                return Err(Refused::bad_frame(message, head, error));
            }
            Ok((target, options)) => {
                let span = Span::of(&message, frame.payload);
                // Levels beyond the frame and the payload are inside of the payload or the options.
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
            tracing::debug!(resource, action, code = error.code(), %error, "request without ack_id rejected");
        }
        // No handler parses its payload, so this checks that it is JSON.
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

    /// Finds the route of a request that arrived in parts instead of a frame. It always expects a
    /// reply.
    ///
    /// # Errors
    ///
    /// If the request is for something that is not served, or is invalid.
    pub(crate) fn from_parts(
        session: &Session,
        resource: &str,
        action: &str,
        payload: String,
        options: &str,
    ) -> Result<Self> {
        let target = Target::find(session, resource, action)?;
        // A frame would nest the payload one level deeper.
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

    /// Treats the payload as a merge patch: objects in it change the named properties of the stored
    /// objects, and null removes a property.
    pub(crate) fn merging(mut self) -> Self {
        self.payload.is_merge_patch = true;
        self
    }

    /// The part of the request that the reply repeats.
    pub(crate) fn head(&self) -> Head<'_> {
        self.head.head(self.payload.source())
    }

    pub(super) fn wants_reply(&self) -> bool {
        self.origin == RequestOrigin::Parts || self.head.wants_reply()
    }

    /// Returns the outcome of this request, which is still referred to elsewhere.
    pub(crate) fn answered(&self, outcome: impl Into<RequestOutcome>) -> Answered {
        let outcome = outcome.into();
        let is_json = self.check_json(&outcome.reply);
        Answered::new(self.payload.source().clone(), self.head, outcome, is_json)
    }

    /// Returns the outcome of this request.
    pub(crate) fn into_answered(self, outcome: impl Into<RequestOutcome>) -> Answered {
        let outcome = outcome.into();
        let is_json = self.check_json(&outcome.reply);
        Answered::new(self.payload.into_source(), self.head, outcome, is_json)
    }

    /// Checks that the payload is JSON if the request failed: a handler detects invalid JSON when
    /// it parses the payload, but a request that was refused before that may contain any text.
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

/// Rejects a text that, within `levels` surrounding levels, nests deeper than the limit.
fn check_depth(session: &Session, text: &str, levels: usize) -> Result<()> {
    let max_depth = session.config().connection.max_depth;
    if frame::is_deeper_than(text, max_depth.saturating_sub(levels)) {
        return Err(Error::too_large(
            "the nesting depth of the message",
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

    /// The same refused message with another error, unless it is not a frame.
    pub(crate) fn with_error(mut self, error: Error) -> Self {
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
