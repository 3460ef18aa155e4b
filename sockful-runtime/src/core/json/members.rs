//! Finds the members of a JSON object in one scan.

use super::lexer;
use super::span::Span;
use crate::core::error::{Error, Fault, Result};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The number of members from which duplicate keys are found by sorting.
const MANY: usize = 16;

/// The offsets of an object's members in its text.
///
/// It does not borrow the text, so that both can be stored together and the object can be read again
/// without another scan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    spans: Vec<Member>,
    /// The decoded keys, if any key has escapes, which is rare.
    decoded: Option<Box<[Box<str>]>>,
}

/// One member: the key without its quotes, and the value.
#[derive(Clone, Copy, Debug)]
struct Member {
    key: Span,
    value: Span,
}

impl Members {
    /// Scans the text of an object. `null` is an empty object.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if the text is not an object or has a
    /// duplicate key, [`ErrorKind::BadFrame`](crate::ErrorKind::BadFrame) if it is not JSON.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        match text.as_bytes() {
            b"null" => return Ok(Self::default()),
            [b'{', ..] => {}
            _ => {
                return Err(Error::invalid(vec![Fault::new(
                    "",
                    "type",
                    "the payload is not an object",
                )]));
            }
        }
        let members = match scan(text) {
            Some(members) => members,
            None => deserialize(text).map_err(|error| Error::bad_frame(&error))?,
        };
        if members.has_duplicate_keys(text) {
            return Err(Error::invalid(members.duplicate_keys(text)));
        }
        Ok(members)
    }

    /// Adds a member of a text that is being written; its key has no escapes and is not a duplicate.
    pub(crate) fn push(&mut self, key: Span, value: Span) {
        self.spans.push(Member { key, value });
    }

    /// Removes the member that was added last.
    pub(crate) fn pop(&mut self) {
        self.spans.pop();
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Returns the position of the member `key`.
    #[inline]
    pub(super) fn position(&self, text: &str, key: &str) -> Option<usize> {
        match &self.decoded {
            // Most keys differ in length, which is compared without reading the text.
            None => self
                .spans
                .iter()
                .position(|member| member.key.len() == key.len() && member.key.part(text) == key),
            Some(keys) => keys.iter().position(|each| **each == *key),
        }
    }

    pub(super) fn key<'t>(&'t self, text: &'t str, at: usize) -> &'t str {
        match &self.decoded {
            None => self.spans[at].key.part(text),
            Some(keys) => &keys[at],
        }
    }

    #[inline]
    pub(super) fn value<'t>(&self, text: &'t str, at: usize) -> &'t str {
        self.spans[at].value.part(text)
    }

    fn has_duplicate_keys(&self, text: &str) -> bool {
        let count = self.len();
        if count > MANY {
            return !self.duplicate_keys(text).is_empty();
        }
        (1..count).any(|at| {
            let key = self.key(text, at);
            (0..at).any(|earlier| self.key(text, earlier) == key)
        })
    }

    fn duplicate_keys(&self, text: &str) -> Vec<Fault> {
        let mut keys: Vec<&str> = (0..self.len()).map(|at| self.key(text, at)).collect();
        keys.sort_unstable();
        let twice = keys.windows(2).filter(|pair| pair[0] == pair[1]);
        let mut faults: Vec<_> = twice
            .map(|pair| Fault::new(pair[0], "twice", "is given twice"))
            .collect();
        faults.dedup();
        faults
    }
}

/// Returns the value of `key` in an object such as `{"id":"bob"}`: no spaces, no escapes, one member
/// that is a string.
pub(crate) fn only_string<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let rest = text.strip_prefix("{\"")?.strip_prefix(key)?;
    let value = rest.strip_prefix("\":")?.strip_suffix('}')?;
    (lexer::plain_string(value.as_bytes(), 0)? == value.len()).then_some(value)
}

/// Scans an object without whitespace and without escapes in its keys, which is the common case.
/// Returns `None` for everything else and for invalid JSON, which serde then parses in full.
fn scan(text: &str) -> Option<Members> {
    let bytes = text.as_bytes();
    let mut spans = Vec::with_capacity(8);
    let mut at = 1;
    if bytes.get(at) == Some(&b'}') {
        at += 1;
    } else {
        loop {
            let key = lexer::plain_string(bytes, at)?;
            if *bytes.get(key)? != b':' {
                return None;
            }
            let value = end_of_value(text, key + 1)?;
            spans.push(Member {
                key: Span::new(at + 1, key - 1),
                value: Span::new(key + 1, value),
            });
            at = value + 1;
            match bytes.get(value)? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
    }
    (at == bytes.len()).then_some(Members {
        spans,
        decoded: None,
    })
}

/// Returns the end of the JSON value that begins at `start`.
fn end_of_value(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let word = |word: &str| bytes[start..].starts_with(word.as_bytes());
    match bytes.get(start)? {
        b'"' => lexer::plain_string(bytes, start).or_else(|| end_by_serde(text, start)),
        b'-' | b'0'..=b'9' => Some(start + lexer::number(&bytes[start..])?),
        b'n' if word("null") => Some(start + 4),
        b't' if word("true") => Some(start + 4),
        b'f' if word("false") => Some(start + 5),
        b'{' | b'[' => end_by_serde(text, start),
        _ => None,
    }
}

/// Returns the end of an object or an array.
fn end_by_serde(text: &str, start: usize) -> Option<usize> {
    let value = serde_json::Deserializer::from_str(&text[start..]);
    let mut values = value.into_iter::<&RawValue>();
    values.next()?.ok()?;
    Some(start + values.byte_offset())
}

/// Parses the members of any object.
fn deserialize(text: &str) -> serde_json::Result<Members> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = Locate(text).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(members)
}

/// Finds members with serde, as offsets in this text.
struct Locate<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Locate<'de> {
    type Value = Members;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Members, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Locate<'de> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let (mut spans, mut keys) = (Vec::new(), Vec::new());
        while let Some((ObjectKey(key), raw)) = map.next_entry::<ObjectKey<'de>, &'de RawValue>()? {
            spans.push(Member {
                key: Span::of(self.0, &*key),
                value: Span::of(self.0, raw.get()),
            });
            keys.push(key);
        }
        let is_decoded = keys.iter().any(|key| matches!(key, Cow::Owned(_)));
        let decoded = is_decoded.then(|| keys.into_iter().map(Into::into).collect());
        Ok(Members { spans, decoded })
    }
}

/// A key that is borrowed unless it has escapes.
#[derive(Deserialize)]
struct ObjectKey<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read<'t>(members: &'t Members, text: &'t str) -> Vec<(&'t str, &'t str)> {
        let each = 0..members.len();
        each.map(|at| (members.key(text, at), members.value(text, at)))
            .collect()
    }

    /// Asserts that a successful scan has the result of serde, and that a text that serde rejects is
    /// not scanned.
    fn assert_agrees_with_serde(text: &str) {
        let scanned = scan(text);
        let serde = deserialize(text).ok();
        if let Some(scanned) = &scanned {
            let serde = serde.as_ref().map(|members| read(members, text));
            assert_eq!(Some(read(scanned, text)), serde, "{text}");
        }
    }

    #[test]
    fn scan_agrees_with_serde() {
        for payload in [
            "{}",
            "{} ",
            "{,}",
            r#"{"id":"bob"}"#,
            r#"{"id":""}"#,
            r#"{"":"böb"}"#,
            r#"{"id":7}"#,
            r#"{"id" :"bob"}"#,
            r#"{"id":"bob" }"#,
            r#"{"id":"b\u006fb"}"#,
            r#"{"id":"b\xb"}"#,
            r#"{"id","bob"}"#,
            r#"{"id":"bob"}}"#,
            r#"{"id":"bob""#,
            r#"{"id":"bob"#,
            r#"{"id""#,
            r#"{"id"#,
            "{",
            "{\"id\":\"b\tb\"}",
            r#"{"a":1,"b":-0.5e+7,"c":null,"d":true,"e":false}"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":-}"#,
            r#"{"a":1e}"#,
            r#"{"a":nul}"#,
            r#"{"a":truefalse}"#,
            r#"{"a":1,}"#,
            r#"{"a":[1,{"b":"]}"}],"c":{"d":[]}}"#,
            r#"{"a":[1,}"#,
            r#"{"a":[1]"b":2}"#,
            r#"{"a":}"#,
            r#"{"a":"b\"c","d":1}"#,
        ] {
            assert_agrees_with_serde(payload);
        }
        for payload in [r#"{"id":"bob","life":7}"#, "{}", r#"{"a":[1],"b":"\n"}"#] {
            assert!(scan(payload).is_some(), "{payload}");
        }
    }

    proptest! {
        #[test]
        fn scan_agrees_with_serde_on_any_text(text in r#"\{["a:,\\{}\[\]01.eE+\-ntrufals ]{0,16}\}?"#) {
            assert_agrees_with_serde(&text);
        }

        #[test]
        fn scan_agrees_with_serde_on_objects(
            members in prop::collection::vec(
                ("[a-z\\\\\"]{0,3}", r#"-?[0-9]{1,3}(\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?|"[a-zü]{0,3}"|"\\["nu]0?"|\[[0-9,]{0,3}\]|null|true"#),
                0..4,
            )
        ) {
            let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            assert_agrees_with_serde(&format!("{{{}}}", members.join(",")));
        }
    }

    #[test]
    fn only_string_is_one_plain_member() {
        let id = |text| only_string(text, "id");
        assert_eq!(id(r#"{"id":"bob"}"#), Some(r#""bob""#));
        for text in [
            r#"{"id":"bob","life":7}"#,
            r#"{"id":"b\u006fb"}"#,
            r#"{"id":7}"#,
            r#"{"id":"bob"}}"#,
            r#"{"id" :"bob"}"#,
            r#"{"idx":"bob"}"#,
            r#"{"id":""#,
            r#"{"id":}"#,
            "{}",
            "null",
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn parse_rejects_duplicate_key_at_any_size() {
        for filler in [0, 40] {
            let filler = (0..filler)
                .map(|n| format!(r#""k{n}":0,"#))
                .collect::<Vec<_>>()
                .concat();
            for text in [
                format!(r#"{{{filler}"a":1,"b":2,"a":3,"\u0061":4}}"#),
                format!(r#"{{{filler}"a":1,"b":2,"a":3}}"#),
            ] {
                let error = Members::parse(&text).expect_err("the key is a duplicate");
                assert_eq!(error.fields(), [Fault::new("a", "twice", "is given twice")]);
            }
        }
    }
}
