//! Splits a message into the slots of a frame.

use crate::core::error::Result;
use crate::core::json::lexer;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The slots of a frame as raw JSON. Omitted slots are `null`.
pub(super) struct Slots<'a> {
    pub(super) raw: [&'a str; 5],
    pub(super) count: usize,
    /// How deep the message nests; `None` if that was not counted.
    pub(super) depth: Option<usize>,
    /// Whether the names are known to be strings without escapes.
    is_plain: bool,
}

impl<'a> Slots<'a> {
    pub(super) fn name(&self, slot: usize) -> Result<Cow<'a, str>, &'static str> {
        const NO_STRING: [&str; 2] = [
            "the resource, slot 0, is not a string",
            "the action, slot 1, is not a string",
        ];
        match self.raw[slot].as_bytes() {
            [b'"', plain @ .., b'"'] if self.is_plain || !plain.contains(&b'\\') => {
                let raw = self.raw[slot];
                Ok(Cow::Borrowed(&raw[1..raw.len() - 1]))
            }
            [b'"', ..] => serde_json::from_str(self.raw[slot])
                .map(Cow::Owned)
                .map_err(|_| NO_STRING[slot]),
            _ => Err(NO_STRING[slot]),
        }
    }
}

impl<'de> Deserialize<'de> for Slots<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SlotsVisitor;
        impl<'de> Visitor<'de> for SlotsVisitor {
            type Value = Slots<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Slots<'de>, A::Error> {
                let mut slots = Slots {
                    raw: ["null"; 5],
                    count: 0,
                    depth: None,
                    is_plain: false,
                };
                for slot in &mut slots.raw {
                    match seq.next_element::<&'de RawValue>()? {
                        Some(raw) => *slot = raw.get(),
                        None => return Ok(slots),
                    }
                    slots.count += 1;
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    slots.count += 1;
                }
                Ok(slots)
            }
        }
        deserializer.deserialize_seq(SlotsVisitor)
    }
}

/// Splits a message of the usual form without parsing its payload and options, which are scanned
/// once by their consumers. Returns `None` for all other messages, which serde parses completely.
pub(super) fn split(message: &str) -> Option<Slots<'_>> {
    let bytes = message.as_bytes();
    let mut slots = Slots {
        raw: ["null"; 5],
        count: 0,
        depth: None,
        is_plain: true,
    };
    let (mut at, mut depth) = (0, 1);
    if *bytes.first()? != b'[' {
        return None;
    }
    while bytes[at] != b']' {
        // Skip the bracket or the comma.
        at += 1;
        let end = match (slots.count, bytes.get(at)?) {
            (0 | 1, b'"') => lexer::plain_string(bytes, at)?,
            (2 | 4, b'{') => {
                let (end, levels) = end_of_object(bytes, at)?;
                depth = depth.max(levels + 1);
                end
            }
            (2..=4, _) => end_of_word(bytes, at)?,
            _ => return None,
        };
        slots.raw[slots.count] = &message[at..end];
        slots.count += 1;
        at = end;
        if !matches!(bytes.get(at)?, b',' | b']') {
            return None;
        }
    }
    slots.depth = Some(depth);
    let has_more = at + 1 < bytes.len();
    let is_usual = matches!(slots.raw[2].as_bytes(), [b'{', ..] | b"null")
        && matches!(slots.raw[4].as_bytes(), [b'{', ..] | b"null");
    (is_usual && !has_more && slots.count >= 3).then_some(slots)
}

/// The end of an object, where as many brackets have closed as opened, and how deep it nests.
fn end_of_object(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let (mut depth, mut deepest, mut at) = (0_usize, 0, start);
    loop {
        at += lexer::run(&lexer::INSIDE, &bytes[at..]);
        match bytes.get(at)? {
            b'"' => at = lexer::string_end(bytes, at),
            b'{' | b'[' => {
                (depth, at) = (depth + 1, at + 1);
                deepest = deepest.max(depth);
            }
            _ if depth == 1 => return Some((at + 1, deepest)),
            _ => (depth, at) = (depth - 1, at + 1),
        }
    }
}

/// The end of a number, a literal or a short string: the next comma, bracket or whitespace.
/// Whitespace makes the message an unusual one.
fn end_of_word(bytes: &[u8], start: usize) -> Option<usize> {
    let length = bytes[start..]
        .iter()
        .position(|byte| matches!(byte, b',' | b']' | b' ' | b'\t' | b'\n' | b'\r'))?;
    Some(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages are split like serde would split them, and messages that serde rejects are not
    /// split.
    #[test]
    fn split_agrees_with_serde() {
        let usual = [
            r#"["creature","get",{"id":"bob"},17]"#,
            r#"["creature","all",null,"a:1"]"#,
            r#"["creature","find",{"a":[{"b":"}]\\\"]"},{}],"c":"\""},7,{"timeout_ms":5}]"#,
            r#"["creature","get",{},null,null]"#,
            r#"["","",{}]"#,
        ];
        for message in usual {
            let split = split(message).expect(message);
            let read: Slots<'_> = serde_json::from_str(message).expect(message);
            assert_eq!(
                (split.raw, split.count),
                (read.raw, read.count),
                "{message}"
            );
        }
    }

    #[test]
    fn unusual_frames_are_left_to_serde() {
        for message in [
            "",
            "[",
            "[]",
            "{}",
            "7",
            "null",
            r#"["a""#,
            r#"["a","b""#,
            r#"["a","b",{}"#,
            r#"["a","b",{},7"#,
            r#"["a","b",{},7] "#,
            r#"["a","b",{},7]]"#,
            r#"["a","b",{},7,{},1]"#,
            r#" ["a","b",{},7]"#,
            r#"["a","b",[],7]"#,
            r#"["a","b",{},7,[]]"#,
            r#"["a\u0062","b",{},7]"#,
            r#"["a","b",{"c":"],7]"#,
            "[\"a\u{1}\",\"b\",{},7]",
            r#"["a","b",{}}},7]"#,
            r#"[1,"b",{},7]"#,
            r#"["a","b",,7]"#,
            r#"["a","b",{}7]"#,
            r#"["a" ,"b",{},7]"#,
            r#"["a","b",{}, 7]"#,
            r#"["a","b",{},7 ]"#,
            "[\"a\",\"b\",{},\n7]",
            r#"["a","b",null ,7]"#,
            r#"["a","b",{},7,{}{}]"#,
        ] {
            assert!(split(message).is_none(), "{message}");
        }
    }
}
