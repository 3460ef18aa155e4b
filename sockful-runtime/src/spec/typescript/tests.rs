//! The TypeScript types of schemas.

use super::text::{comment, key, own_key};
use super::*;
use crate::store::conformance::sample::Sample;
use serde_json::json;

fn type_of(schema: &Value) -> String {
    let description = json!({"$defs": {"Mood": {}, "Sample": {}, "Promise": {}, "a b": {}}});
    let mut generator = schemars::SchemaGenerator::default();
    let model = Model::new(
        &crate::model::resource_model::Shape::of::<Sample>(),
        0,
        &mut generator,
    );
    Types::new(&Names::new(&[model], &description)).of(schema)
}

#[test]
fn each_schema_maps_to_a_type() {
    for (schema, expected) in [
        (json!({"type": "string"}), "string"),
        (json!({"type": "string", "format": "u64"}), "bigint"),
        (
            json!({"type": ["string", "null"], "format": "i128"}),
            "bigint | null",
        ),
        (json!({"type": "string", "format": "date"}), "string"),
        (json!({"type": "integer", "format": "uint64"}), "number"),
        (json!({"type": ["number", "null"]}), "number | null"),
        (
            json!({"enum": ["calm", "wi\"ld", null]}),
            r#""calm" | "wi\"ld" | null"#,
        ),
        (
            json!({"oneOf": [{"const": "a", "description": "A"}, {"const": "b"}]}),
            r#""a" | "b""#,
        ),
        (
            json!({"type": "array", "items": {"type": ["string", "null"]}}),
            "(string | null)[]",
        ),
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}),
            "[string, number]",
        ),
        (
            json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
            "[number, number]",
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            "{ [key: string]: number }",
        ),
        (
            json!({"type": "object", "patternProperties": {"^\\d+$": {"type": "string"}}, "additionalProperties": false}),
            "{ [key: string]: string }",
        ),
        (
            json!({"type": "object", "properties": {"a-b": {}, "__proto__": true, "ok": false}, "required": ["ok"]}),
            r#"{ ok: never; "__proto__"?: unknown; "a-b"?: unknown }"#,
        ),
        (
            json!({"anyOf": [{"$ref": "#/$defs/Mood"}, {"type": "null"}]}),
            "Mood | null",
        ),
        (
            json!({"$ref": "#/$defs/Mood", "description": "Of today."}),
            "Mood",
        ),
        (json!({"$ref": "#/$defs/Sample"}), "Sample2"),
        (json!({"$ref": "#/$defs/Promise"}), "Promise2"),
        (json!({"$ref": "#/$defs/a b"}), "a_b"),
        (
            json!({"type": "object", "oneOf": [
                {"type": "object", "properties": {"kind": {"const": "a"}}, "required": ["kind"]},
                {"type": "object", "properties": {"kind": {"const": "b"}, "of": {"type": "string"}}, "required": ["kind", "of"]},
            ]}),
            r#"{ kind: "a" } | { kind: "b"; of: string }"#,
        ),
        (
            json!({"allOf": [{"$ref": "#/$defs/Mood"}, {"anyOf": [{"type": "string"}, {"type": "null"}]}]}),
            "Mood & (string | null)",
        ),
        (json!(true), "unknown"),
    ] {
        assert_eq!(type_of(&schema), expected, "{schema}");
    }
}

#[test]
fn comment_escapes_its_terminator() {
    assert_eq!(comment("", ""), "");
    assert_eq!(comment("Feeds.", "  "), "  /** Feeds. */\n");
    assert_eq!(
        comment("a */ b\n\n*/ c", ""),
        "/**\n * a *\\/ b\n *\n * *\\/ c\n */\n"
    );
}

#[test]
fn special_property_names_are_quoted() {
    let keys = [
        "life",
        "$a_1",
        "1a",
        "a-b",
        "",
        "ä",
        "__proto__",
        "constructor",
    ]
    .map(key);
    let quoted = [
        "life",
        "$a_1",
        "\"1a\"",
        "\"a-b\"",
        "\"\"",
        "\"ä\"",
        "\"__proto__\"",
        "\"constructor\"",
    ];
    assert_eq!(keys, quoted);
    assert_eq!(own_key("__proto__"), "[\"__proto__\"]");
}
