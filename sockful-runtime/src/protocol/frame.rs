//! Frames: `[resource, action, payload, ack_id, options]`.
//!
//! Parsing borrows from the message and checks its shape only. Payload and options are parsed later,
//! by the code that uses them.

mod offsets;
mod slots;

pub(crate) use offsets::HeadOffsets;

use crate::core::error::{Error, ErrorKind, Result};
use crate::core::json;
use crate::core::json::is_exact;
use slots::Slots;
use std::borrow::Cow;

/// A request frame: the slots as raw JSON, the names decoded.
#[derive(Debug)]
pub(crate) struct RawFrame<'a> {
    /// The part that the reply repeats.
    pub(crate) head: Head<'a>,
    /// The name of the resource.
    pub(crate) resource: Cow<'a, str>,
    /// The name of the action.
    pub(crate) action: Cow<'a, str>,
    /// The payload; `null` if it is missing.
    pub(crate) payload: &'a str,
    /// The options; `null` if they are missing.
    pub(crate) options: &'a str,
    /// How deep the message nests; `None` if that was not counted.
    pub(crate) depth: Option<usize>,
}

/// The part of a request that its reply repeats.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    resource: &'a [u8],
    action: &'a [u8],
    ack: Option<&'a str>,
}

/// A message that is not a request, with the part of its head that was valid.
#[derive(Debug)]
pub(crate) struct BadFrame<'a> {
    /// The head of the reply, with the `ack_id` if that is valid.
    pub(crate) head: Head<'a>,
    /// The error.
    pub(crate) error: Error,
}

/// Parses a message.
///
/// # Errors
///
/// A [`BadFrame`], which has the request's `ack_id` if slot 3 is a valid one.
pub(crate) fn parse(message: &str) -> Result<RawFrame<'_>, BadFrame<'_>> {
    let slots: Slots<'_> =
        match slots::split(message).map_or_else(|| serde_json::from_str(message), Ok) {
            Ok(slots) => slots,
            Err(error) => {
                let error = if json::byte_order_mark(message.as_bytes()).is_some() {
                    let text = "the frame starts with a byte-order mark; send JSON without one";
                    Error::new(ErrorKind::BadFrame, text)
                } else {
                    Error::bad_frame(&error)
                };
                return Err(BadFrame {
                    head: Head::UNPARSED,
                    error,
                });
            }
        };
    let (resource, action) = (slots.name(0), slots.name(1));
    let ack = match slots.raw[3] {
        "null" => Ok(None),
        raw if is_ack_id(raw) => Ok(Some(raw)),
        _ => Err(
            "invalid ack_id; use an integer from 0 to 2^53-1 or a string of 1 to 64 characters from A-Z a-z 0-9 _ . : -",
        ),
    };
    let head = |ack| match (&resource, &action) {
        (Ok(_), Ok(_)) => Head {
            resource: slots.raw[0].as_bytes(),
            action: slots.raw[1].as_bytes(),
            ack,
        },
        _ => Head {
            ack,
            ..Head::UNPARSED
        },
    };
    let bad = |head, text: &'static str| BadFrame {
        head,
        error: Error::new(ErrorKind::BadFrame, text),
    };
    let ack = ack.map_err(|text| bad(Head::UNPARSED, text))?;
    let head = head(ack);
    match (resource, action) {
        _ if slots.count > 5 => Err(bad(head, "the frame has more than five slots")),
        _ if !matches!(slots.raw[4].as_bytes(), [b'{', ..] | b"null") => {
            Err(bad(head, "the options, slot 4, are not an object"))
        }
        (Ok(resource), Ok(action)) => Ok(RawFrame {
            head,
            resource,
            action,
            payload: slots.raw[2],
            options: slots.raw[4],
            depth: slots.depth,
        }),
        (Err(text), _) | (_, Err(text)) => Err(bad(head, text)),
    }
}

/// Checks that `message` is JSON, which [`parse`] does not check for payload and options.
pub(crate) fn check(message: &str) -> Result<()> {
    match serde_json::from_str::<Slots<'_>>(message) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::bad_frame(&error)),
    }
}

/// Returns whether `raw` nests arrays and objects deeper than `max`.
pub(crate) fn is_deeper_than(raw: &str, max: usize) -> bool {
    // Most frames have fewer bytes or fewer brackets than the maximum depth.
    let is_open = |byte: &u8| matches!(byte, b'[' | b'{');
    if raw.len() <= max || raw.bytes().filter(is_open).count() <= max {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in raw.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > max {
            return true;
        }
    }
    false
}

impl Head<'_> {
    /// The head of a reply to a request that could not be parsed.
    pub(crate) const UNPARSED: Self = Self {
        resource: br#""sockful""#,
        action: br#""error""#,
        ack: None,
    };

    /// The `ack_id` as raw JSON.
    pub(crate) fn ack(&self) -> Option<&str> {
        self.ack
    }

    /// Returns whether the request expects a reply.
    pub(crate) fn wants_reply(&self) -> bool {
        self.ack.is_some()
    }

    /// Writes a frame; `payload` writes its payload.
    pub(crate) fn write(&self, out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
        out.push(b'[');
        out.extend_from_slice(self.resource);
        out.push(b',');
        out.extend_from_slice(self.action);
        out.push(b',');
        payload(out);
        out.push(b',');
        out.extend_from_slice(self.ack.unwrap_or("null").as_bytes());
        out.push(b']');
    }
}

/// Returns whether `raw` is an integer of digits only, or a short string of safe characters.
pub(crate) fn is_ack_id(raw: &str) -> bool {
    match raw.as_bytes() {
        [b'"', text @ .., b'"'] => {
            (1..=64).contains(&text.len())
                && text
                    .iter()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b':' | b'-'))
        }
        digits => {
            // The slot may come from a scan that does not know the syntax of JSON numbers: `007` is
            // not one.
            !digits.is_empty()
                && digits.iter().all(u8::is_ascii_digit)
                && !matches!(digits, [b'0', _, ..])
                && is_exact(raw)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered_to(message: &str) -> String {
        let mut out = Vec::new();
        let head = match parse(message) {
            Ok(request) => request.head,
            Err(bad) => bad.head,
        };
        head.write(&mut out, |out| out.extend_from_slice(b"0"));
        String::from_utf8(out).expect("a frame is text")
    }

    #[test]
    fn trailing_slots_may_be_omitted() {
        let request = parse(r#"["creature","all"]"#).expect("a frame");
        assert_eq!(
            (&*request.resource, &*request.action, request.payload),
            ("creature", "all", "null")
        );
        assert!(!request.head.wants_reply());
    }

    #[test]
    fn bad_frame_with_valid_ack_id_is_answered() {
        assert_eq!(answered_to(r"[{},[],null,0]"), r#"["sockful","error",0,0]"#);
        assert_eq!(
            answered_to(r#"["a",1,null,"x:1"]"#),
            r#"["sockful","error",0,"x:1"]"#
        );
        assert_eq!(answered_to(r#"["a","b",null,7,[]]"#), r#"["a","b",0,7]"#);
        assert_eq!(answered_to(r#"["a","b",null,7,{},1]"#), r#"["a","b",0,7]"#);
    }

    #[test]
    fn invalid_ack_id_is_not_echoed() {
        let long = format!("\"{}\"", "x".repeat(65));
        for ack in [
            "-1",
            "1.5",
            "1e3",
            "007",
            "00",
            "{}",
            "[]",
            "true",
            "9007199254740992",
            "\"\"",
            "\"a b\"",
            &long,
        ] {
            assert!(parse(&format!(r#"["a","b",null,{ack}]"#)).is_err(), "{ack}");
            assert_eq!(
                answered_to(&format!(r#"["a","b",null,{ack}]"#)),
                r#"["sockful","error",0,null]"#
            );
        }
        for ack in [
            "0",
            "9007199254740991",
            "\"A-z_0.9:\"",
            &format!("\"{}\"", "x".repeat(64)),
        ] {
            assert!(parse(&format!(r#"["a","b",null,{ack}]"#)).is_ok(), "{ack}");
        }
    }

    #[test]
    fn depth_counts_brackets_outside_of_strings() {
        assert!(is_deeper_than("[[[]]]", 2));
        assert!(!is_deeper_than("[[[]]]", 3));
        assert!(!is_deeper_than("[[],[],[],[]]", 2));
        assert!(!is_deeper_than(r#"["[[[[\"[[[["]"#, 1));
    }
}
