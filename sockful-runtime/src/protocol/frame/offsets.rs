//! The offsets of a head, for requests that outlive a borrow of their message.

use super::Head;
use crate::core::json::span::Span;

/// The offsets of a [`Head`] in its message. By default they are empty, and so are the names of the
/// head.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeadOffsets {
    resource: Span,
    action: Span,
    ack: Span,
}

impl Head<'_> {
    /// The offsets of the head in `message`, which [`HeadOffsets::head`] reads.
    #[inline]
    pub(crate) fn offsets(&self, message: &str) -> HeadOffsets {
        HeadOffsets {
            resource: Span::of(message, self.resource),
            action: Span::of(message, self.action),
            ack: self
                .ack
                .map(|ack| Span::of(message, ack))
                .unwrap_or_default(),
        }
    }
}

impl HeadOffsets {
    /// The head in the message that the offsets were found in.
    #[inline]
    pub(crate) fn head<'a>(&self, message: &'a str) -> Head<'a> {
        if self.resource.is_empty() {
            return Head {
                ack: self.ack(message),
                ..Head::UNPARSED
            };
        }
        Head {
            resource: self.resource.bytes(message),
            action: self.action.bytes(message),
            ack: self.ack(message),
        }
    }

    /// Whether the request has an `ack_id`.
    #[inline]
    pub(crate) fn wants_reply(&self) -> bool {
        !self.ack.is_empty()
    }

    fn ack<'a>(&self, message: &'a str) -> Option<&'a str> {
        self.wants_reply().then(|| self.ack.part(message))
    }
}
