//! Reads single JSON values without parsing more than necessary.

pub(crate) mod finite_check;
mod integers;
pub(crate) mod lexer;
pub(crate) mod members;
#[cfg(feature = "server")]
pub(crate) mod merge;
pub(crate) mod object;
pub(crate) mod span;

pub(crate) use integers::{integer, normalize_integers};

use crate::core::error::{Error, Result};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The largest integer that every client can represent exactly: 2^53 − 1.
pub(crate) const MAX_EXACT: u64 = (1 << 53) - 1;

/// The number of leading bytes of a string by which it is sorted or looked up.
pub(crate) const SORTED_BYTES: usize = 1_024;

/// Returns whether an integer in JSON is one that every client can represent exactly.
pub(crate) fn is_exact(raw: &str) -> bool {
    // Integers of up to fifteen digits, or fourteen and a sign, are exact; longer ones are parsed.
    raw.len() <= 15
        || raw
            .parse::<i128>()
            .is_ok_and(|number| number.unsigned_abs() <= MAX_EXACT.into())
}

/// Returns the text of a JSON string, borrowed if it has no escapes; `None` for any other value.
pub(crate) fn string(raw: &str) -> Option<Cow<'_, str>> {
    if lexer::plain_string(raw.as_bytes(), 0) == Some(raw.len()) {
        return Some(Cow::Borrowed(&raw[1..raw.len() - 1]));
    }
    serde_json::from_str(raw).ok().map(Cow::Owned)
}

/// Checks that a text is JSON.
///
/// # Errors
///
/// [`ErrorKind::BadFrame`](crate::ErrorKind::BadFrame) if it is not.
pub(crate) fn check(text: &str) -> Result<()> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::bad_frame(&error)),
    }
}

/// Returns the encoding whose byte-order mark a text begins with. JSON has none, but some editors and
/// shells write one.
pub(crate) fn byte_order_mark(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => Some("UTF-8"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        _ => None,
    }
}

/// Returns the items of an array as raw text.
pub(crate) fn list(raw: &str) -> serde_json::Result<Vec<&RawValue>> {
    serde_json::from_str(raw)
}

/// Returns the number of items of an array.
pub(crate) fn count_items(raw: &str) -> usize {
    serde_json::from_str::<Vec<IgnoredAny>>(raw).map_or(0, |items| items.len())
}

/// Returns the number of entries of an object.
pub(crate) fn count_entries(raw: &str) -> usize {
    serde_json::from_str::<Entries>(raw).map_or(0, |Entries(count)| count)
}

struct Entries(usize);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut count = 0;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Entries(count))
            }
        }
        deserializer.deserialize_map(EntriesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_ignores_nested_parts() {
        assert_eq!(
            (count_items("[]"), count_items("[[1,2],{\"a\":[3]}]")),
            (0, 2)
        );
        assert_eq!(
            (
                count_entries("{}"),
                count_entries(r#"{"a":{"b":1,"c":2},"d":1}"#)
            ),
            (0, 2)
        );
    }

    #[test]
    fn string_reads_plain_and_escaped_text() {
        assert_eq!(string(r#""ab""#).as_deref(), Some("ab"));
        assert_eq!(string(r#""a\nb""#).as_deref(), Some("a\nb"));
        assert_eq!(string("7"), None);
    }
}
