//! What a value must keep to, whatever way it came.

use crate::error::Fault;
use crate::frame::MAX_EXACT;
use schemars::Schema;

/// What kind of JSON a property holds, read off its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Integer,
    Number,
    Text,
    /// An object, an array, or several of the others.
    Other,
}

impl Kind {
    /// The kind that a schema describes; null beside it changes nothing.
    pub(crate) fn of(
        schema: &Schema,
        definitions: &serde_json::Map<String, serde_json::Value>,
    ) -> Self {
        let schema = resolve(schema.as_value(), definitions);
        // An enum whose variants have doc comments is one of several constants.
        if let Some(serde_json::Value::Array(variants)) = schema.get("oneOf") {
            let mut kinds = variants.iter().map(Self::of_type);
            let first = kinds.next().unwrap_or(Self::Other);
            let is_one = kinds.all(|kind| kind == first);
            return if is_one { first } else { Self::Other };
        }
        Self::of_type(schema)
    }

    fn of_type(schema: &serde_json::Value) -> Self {
        let mut types = match schema.get("type") {
            Some(serde_json::Value::String(one)) => vec![one.as_str()],
            Some(serde_json::Value::Array(many)) => {
                many.iter().filter_map(serde_json::Value::as_str).collect()
            }
            _ => Vec::new(),
        };
        types.retain(|name| *name != "null");
        match types.as_slice() {
            ["boolean"] => Self::Bool,
            ["integer"] => Self::Integer,
            ["number"] => Self::Number,
            ["string"] => Self::Text,
            _ => Self::Other,
        }
    }
}

/// Follows a reference, and looks through `anyOf [that, null]`, which is how an option of it is written.
fn resolve<'a>(
    mut schema: &'a serde_json::Value,
    definitions: &'a serde_json::Map<String, serde_json::Value>,
) -> &'a serde_json::Value {
    // Each step goes one level down; a type can't be nested deeper than this by hand.
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

/// Checks the JSON that was written for a property.
pub(crate) fn check(path: &str, kind: Kind, nullable: bool, raw: &str) -> Option<Fault> {
    if raw == "null" && !nullable {
        return Some(Fault::new(path, "finite", "is not a finite number"));
    }
    match kind {
        Kind::Integer if !is_exact(raw) => Some(Fault::new(
            path,
            "range",
            "is beyond ±(2^53-1), which not every client can hold",
        )),
        Kind::Text | Kind::Other if has_nul(raw) => {
            Some(Fault::new(path, "text", "contains the character U+0000"))
        }
        _ => None,
    }
}

fn is_exact(raw: &str) -> bool {
    // Fifteen digits and a sign are always exact; longer ones are looked at.
    raw == "null"
        || raw.len() <= 15
        || raw
            .parse::<i128>()
            .is_ok_and(|number| number.unsigned_abs() <= MAX_EXACT.into())
}

/// Whether a string in the JSON contains U+0000, which `serde_json` always writes as `\u0000`.
fn has_nul(raw: &str) -> bool {
    // Most strings have no escapes at all, which is seen much faster.
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
    fn integers_beyond_the_exact_range_are_refused() {
        for raw in ["9007199254740991", "-9007199254740991", "0", "null"] {
            assert_eq!(check("life", Kind::Integer, true, raw), None, "{raw}");
        }
        for raw in [
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
        ] {
            assert!(check("life", Kind::Integer, true, raw).is_some(), "{raw}");
        }
    }

    #[test]
    fn u0000_is_refused_and_its_spelling_is_not() {
        let spelt = serde_json::to_string("a\\u0000").expect("JSON");
        assert!(!has_nul(&spelt), "{spelt}");
        for text in ["\0", "a\\\0", "\\\\\0b"] {
            assert!(
                has_nul(&serde_json::to_string(text).expect("JSON")),
                "{text:?}"
            );
        }
    }

    #[test]
    fn kinds_are_read_through_options_and_references() {
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        enum Mood {
            Calm,
            Wild,
        }
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        enum Told {
            /// Nothing stirs.
            Calm,
            /// Everything does.
            Wild,
        }
        let mut generator = schemars::SchemaGenerator::default();
        let schemas = [
            (generator.subschema_for::<Option<Mood>>(), Kind::Text),
            (generator.subschema_for::<Option<Told>>(), Kind::Text),
            (generator.subschema_for::<Option<u8>>(), Kind::Integer),
            (generator.subschema_for::<f32>(), Kind::Number),
            (generator.subschema_for::<Option<bool>>(), Kind::Bool),
            (generator.subschema_for::<Vec<u8>>(), Kind::Other),
            (generator.subschema_for::<serde_json::Value>(), Kind::Other),
        ];
        for (schema, kind) in schemas {
            assert_eq!(
                Kind::of(&schema, generator.definitions()),
                kind,
                "{schema:?}"
            );
        }
    }
}
