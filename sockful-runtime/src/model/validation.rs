//! Checks values against the JSON types and rules of their properties.

mod explain;
mod rules;
mod unknown;

pub(crate) use explain::explain;
pub(crate) use rules::{TypedFaults, check_rules, least, most};
pub(crate) use unknown::unknown;

use crate::core::error::Fault;
use crate::core::json;
use crate::core::json::lexer;
use crate::core::json::{SORTED_BYTES, is_exact};
use schemars::Schema;

/// The kind of JSON value that a property holds, derived from its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonKind {
    Bool,
    Integer,
    Number,
    Text,
    /// An object, an array, or a union.
    Other,
}

impl JsonKind {
    /// Returns the kind of values that a schema accepts, apart from null.
    pub(crate) fn of(
        schema: &Schema,
        definitions: &serde_json::Map<String, serde_json::Value>,
    ) -> Self {
        match types(schema, definitions).as_slice() {
            ["boolean"] => Self::Bool,
            ["integer"] => Self::Integer,
            ["number"] => Self::Number,
            ["string"] => Self::Text,
            _ => Self::Other,
        }
    }
}

/// Returns the JSON types that a schema accepts, without null.
pub(crate) fn types<'a>(
    schema: &'a Schema,
    definitions: &'a serde_json::Map<String, serde_json::Value>,
) -> Vec<&'a str> {
    let schema = resolve(schema.as_value(), definitions);
    // An enum whose variants have doc comments is a `oneOf` of constants.
    let mut types = match schema.get("oneOf") {
        Some(serde_json::Value::Array(variants)) => variants.iter().flat_map(own_types).collect(),
        _ => own_types(schema),
    };
    types.retain(|name| *name != "null");
    types.sort_unstable();
    types.dedup();
    types
}

/// Returns whether a schema has this format, possibly in addition to null.
pub(crate) fn has_format(
    schema: &Schema,
    definitions: &serde_json::Map<String, serde_json::Value>,
    format: &str,
) -> bool {
    let schema = resolve(schema.as_value(), definitions);
    schema.get("format").is_some_and(|name| name == format)
}

fn own_types(schema: &serde_json::Value) -> Vec<&str> {
    match schema.get("type") {
        Some(serde_json::Value::String(one)) => vec![one.as_str()],
        Some(serde_json::Value::Array(many)) => {
            many.iter().filter_map(serde_json::Value::as_str).collect()
        }
        // The schema accepts any value.
        _ => vec![""],
    }
}

/// Follows references and options, which have the form `anyOf [schema, null]`.
fn resolve<'a>(
    mut schema: &'a serde_json::Value,
    definitions: &'a serde_json::Map<String, serde_json::Value>,
) -> &'a serde_json::Value {
    // Each step goes one level down; no hand-written type nests deeper than this.
    for _ in 0..16 {
        let reference = schema.get("$ref").and_then(serde_json::Value::as_str);
        let target = reference.and_then(|path| definitions.get(path.rsplit('/').next()?));
        let option = schema
            .get("anyOf")
            .and_then(serde_json::Value::as_array)
            .and_then(|any| match any.as_slice() {
                [one, null] if null.get("type").is_some_and(|name| name == "null") => Some(one),
                _ => None,
            });
        match target.or(option) {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

/// Checks the JSON of a property. `has_escapes` is false if no string of its record has an escape.
pub(crate) fn check(
    path: &str,
    kind: JsonKind,
    nullable: bool,
    raw: &str,
    has_escapes: bool,
) -> Option<Fault> {
    if raw == "null" && !nullable {
        return Some(not_finite(path));
    }
    match kind {
        JsonKind::Integer if raw != "null" && !is_exact(raw) => Some(Fault::new(
            path,
            "range",
            "is beyond ±(2^53-1), which not every client can represent",
        )),
        JsonKind::Text | JsonKind::Other if has_escapes && has_nul(raw) => {
            Some(Fault::new(path, "text", "contains the character U+0000"))
        }
        JsonKind::Other if has_inexact(raw) => Some(Fault::new(
            path,
            "range",
            "contains an integer beyond ±(2^53-1), which not every client can represent",
        )),
        _ => None,
    }
}

/// Returns the fault of a number that JSON cannot represent.
pub(crate) fn not_finite(path: &str) -> Fault {
    Fault::new(path, "finite", "is not a finite number")
}

/// Checks the value of an indexed property.
pub(crate) fn check_indexed(path: &str, raw: &str) -> Option<Fault> {
    // Escapes only lengthen a text, so most texts are known to fit without decoding.
    if raw.len() <= SORTED_BYTES || json::string(raw)?.len() <= SORTED_BYTES {
        return None;
    }
    Some(Fault::new(
        path,
        "length",
        "is longer than 1,024 bytes, the limit for indexed values",
    ))
}

/// Returns whether the JSON contains an integer beyond ±(2^53−1), which not every client can represent.
pub(crate) fn has_inexact(json: &str) -> bool {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = lexer::string_end(bytes, at),
            b'-' | b'0'..=b'9' => {
                let is_part =
                    |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                let end = at + bytes[at..].iter().take_while(is_part).count();
                let number = &json[at..end];
                // A float has the same precision for every client.
                if !number.contains(['.', 'e', 'E']) && !is_exact(number) {
                    return true;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    false
}

/// Returns whether a string in the JSON contains U+0000, which `serde_json` writes as `\u0000`.
fn has_nul(raw: &str) -> bool {
    // Most strings have no escapes, which is faster to check.
    raw.contains('\\')
        && raw.match_indices("\\u0000").any(|(at, _)| {
            let backslashes = raw[..at]
                .bytes()
                .rev()
                .take_while(|&byte| byte == b'\\')
                .count();
            backslashes % 2 == 0
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_beyond_the_exact_range_is_rejected() {
        for raw in ["9007199254740991", "-9007199254740991", "0", "null"] {
            assert_eq!(
                check("life", JsonKind::Integer, true, raw, true),
                None,
                "{raw}"
            );
        }
        for raw in [
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
        ] {
            assert!(
                check("life", JsonKind::Integer, true, raw, true).is_some(),
                "{raw}"
            );
        }
    }

    #[test]
    fn has_inexact_finds_nested_integers() {
        for json in [
            "[1,[9007199254740992]]",
            r#"{"a":"\\","b":-9007199254740992}"#,
            r#"{"12345678901234567890":18446744073709551615}"#,
        ] {
            assert!(has_inexact(json), "{json}");
        }
        for json in [
            r#"{"9007199254740992":"9007199254740992","a\"":"\"9007199254740992"}"#,
            "[9007199254740991,-9007199254740991,1.7e308,9007199254740992.0]",
            "[]",
        ] {
            assert!(!has_inexact(json), "{json}");
        }
    }

    #[test]
    fn has_nul_ignores_an_escaped_backslash() {
        let escaped = serde_json::to_string("a\\u0000").expect("JSON");
        assert!(!has_nul(&escaped), "{escaped}");
        for text in ["\0", "a\\\0", "\\\\\0b"] {
            assert!(
                has_nul(&serde_json::to_string(text).expect("JSON")),
                "{text:?}"
            );
        }
    }

    #[test]
    fn json_kind_sees_through_options_and_references() {
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        enum Mood {
            Calm,
            Wild,
        }
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        enum Documented {
            /// Nothing stirs.
            Calm,
            /// Everything does.
            Wild,
        }
        let mut generator = schemars::SchemaGenerator::default();
        let schemas = [
            (generator.subschema_for::<Option<Mood>>(), JsonKind::Text),
            (
                generator.subschema_for::<Option<Documented>>(),
                JsonKind::Text,
            ),
            (generator.subschema_for::<Option<u8>>(), JsonKind::Integer),
            (generator.subschema_for::<f32>(), JsonKind::Number),
            (generator.subschema_for::<Option<bool>>(), JsonKind::Bool),
            (generator.subschema_for::<Vec<u8>>(), JsonKind::Other),
            (
                generator.subschema_for::<serde_json::Value>(),
                JsonKind::Other,
            ),
        ];
        for (schema, kind) in schemas {
            assert_eq!(
                JsonKind::of(&schema, generator.definitions()),
                kind,
                "{schema:?}"
            );
        }
    }
}
