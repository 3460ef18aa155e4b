//! The payload of a request: raw JSON text, scanned at most once.

use crate::core::error::Result;
use crate::core::json::members::Members;
use crate::core::json::object::Object;
use crate::core::json::span::Span;
use std::sync::OnceLock;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// The payload of a request, as a part of the text that contained it.
#[derive(Debug)]
pub(crate) struct Payload {
    /// The frame of the request, or the payload alone.
    source: Utf8Bytes,
    span: Span,
    /// The members of the object, once it has been scanned without an error.
    members: OnceLock<Members>,
    /// Whether objects in it are merged into the stored ones (RFC 7396) instead of replacing them.
    pub(crate) is_merge_patch: bool,
}

impl Payload {
    /// The part `span` of `source`, or `null` if the span is empty.
    pub(crate) fn within(source: Utf8Bytes, span: Span) -> Self {
        Self {
            source,
            span,
            members: OnceLock::new(),
            is_merge_patch: false,
        }
    }

    /// A payload with its own text.
    pub(crate) fn new(text: String) -> Self {
        let span = Span::of(&text, &text);
        Self::within(text.into(), span)
    }

    /// A payload with its own text, whose members are known.
    pub(crate) fn with_members(text: String, members: Members) -> Self {
        let payload = Self::new(text);
        payload.members.get_or_init(|| members);
        payload
    }

    /// A part of this payload as a separate payload. The text is shared, not copied.
    pub(crate) fn part(&self, part: &str) -> Self {
        Self::within(self.source.clone(), Span::of(&self.source, part))
    }

    /// The text that the payload is a part of.
    pub(crate) fn source(&self) -> &Utf8Bytes {
        &self.source
    }

    /// The text that the payload was a part of.
    pub(crate) fn into_source(self) -> Utf8Bytes {
        self.source
    }

    /// The JSON text.
    pub(crate) fn text(&self) -> &str {
        if self.span.is_empty() {
            return "null";
        }
        self.span.part(&self.source)
    }

    /// The payload as an object with no members taken.
    ///
    /// # Errors
    ///
    /// As for [`Members::parse`].
    pub(crate) fn object(&self) -> Result<Object<'_>> {
        let text = self.text();
        let members = if let Some(members) = self.members.get() {
            members
        } else {
            let members = Members::parse(text)?;
            self.members.get_or_init(|| members)
        };
        Ok(Object::of(text, members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_is_scanned_once() {
        let payload = Payload::new(r#"{"id":"bob","life":7}"#.to_owned());
        for _ in 0..2 {
            let object = payload.object().expect("an object");
            assert_eq!(object.take("life"), Some("7"));
        }
        let scanned: *const Members = payload.members.get().expect("scanned");
        let _ = payload.object().expect("an object");
        assert_eq!(payload.members.get().map(std::ptr::from_ref), Some(scanned));
    }

    #[test]
    fn part_shares_the_text() {
        let payload = Payload::new(r#"[{"id":"bob"},null]"#.to_owned());
        let part = payload.part(&payload.text()[1..13]);
        assert_eq!(part.text(), r#"{"id":"bob"}"#);
        assert_eq!(part.source().as_ptr(), payload.source().as_ptr());
        assert_eq!(payload.part("").text(), "null");
    }
}
