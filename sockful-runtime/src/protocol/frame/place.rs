//! Offsets of the parts of a message, for values that outlive a borrow of it.

use super::Head;

/// A part of a message by its position, small enough to be carried along; empty where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Where `part` stands in `message`, of which it is a slice; empty if it is not.
    pub(crate) fn of(part: &str, message: &str) -> Self {
        let start = (part.as_ptr() as usize).wrapping_sub(message.as_ptr() as usize);
        let end = start.wrapping_add(part.len());
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(end)) if message.get(start as usize..end as usize).is_some() => {
                Self { start, end }
            }
            _ => Self::default(),
        }
    }

    /// The part, out of the message it was found in; `None` where there is none.
    pub(crate) fn part(self, message: &str) -> Option<&str> {
        let part = message.get(self.start as usize..self.end as usize)?;
        (!part.is_empty()).then_some(part)
    }
}

/// The place of a [`Head`] in its message, which does not borrow from it. By default it is nowhere,
/// and the head is that of an answer to nobody in particular.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeadOffsets {
    resource: Span,
    action: Span,
    ack: Span,
}

impl Head<'_> {
    /// Where the head stands in `message`, to be found there again by [`Place::head`].
    pub(crate) fn place(&self, message: &str) -> HeadOffsets {
        let span = |raw| Span::of(raw, message);
        HeadOffsets {
            resource: span(self.resource),
            action: span(self.action),
            ack: self.ack.map(span).unwrap_or_default(),
        }
    }
}

impl HeadOffsets {
    /// The head, out of the message it was placed in.
    pub(crate) fn head<'a>(&self, message: &'a str) -> Head<'a> {
        Head {
            resource: self.resource.part(message).unwrap_or(Head::NOBODY.resource),
            action: self.action.part(message).unwrap_or(Head::NOBODY.action),
            ack: self.ack.part(message),
        }
    }
}
