//! Writes the rules of a property as keywords of JSON Schema.

use crate::core::json::MAX_EXACT;
use crate::model::definition::{Bound, Check, Format, Limit, Property};
use crate::model::validation::{least, most};
use serde_json::{Map, Value, json};

/// Adds the rules of `property`, whose values have these JSON types, to its schema. Conditional rules
/// are omitted, since they do not apply to every record.
pub(crate) fn add(property: &Property, types: &[String], schema: &mut Map<String, Value>) {
    if property.is_conditional {
        return;
    }
    for rule in property.rules {
        match rule.check {
            Check::Range(from, to) => {
                limit("minimum", from, schema);
                limit("maximum", to, schema);
            }
            Check::Length(from, to) => length(types, from, to, schema),
            Check::Pattern(pattern) => set("pattern", pattern().text().into(), schema),
            Check::Format(format) => self::format(format, schema),
            Check::Conform | Check::Nested => {}
        }
    }
}

fn limit(key: &str, limit: Limit, schema: &mut Map<String, Value>) {
    match limit {
        Limit::None => {}
        Limit::Through(bound) => set(key, number(bound), schema),
        Limit::Below(bound) => {
            schema.remove(key);
            set("exclusiveMaximum", number(bound), schema);
        }
    }
}

fn number(bound: Bound) -> Value {
    match bound {
        Bound::Int(int) => i64::try_from(int).map_or_else(|_| json!(bound.float()), Value::from),
        Bound::Float(float) => float.into(),
    }
}

fn length(types: &[String], from: Limit, to: Limit, schema: &mut Map<String, Value>) {
    let (min, max) = match types {
        [one] if one == "array" => ("minItems", "maxItems"),
        [one] if one == "object" => ("minProperties", "maxProperties"),
        _ => ("minLength", "maxLength"),
    };
    let mut set_count = |key: &str, count: i128| set(key, number(Bound::Int(count)), schema);
    if least(from) > 0 {
        set_count(min, least(from));
    }
    if let Some(most) = most(to) {
        set_count(max, most);
    }
}

fn format(format: Format, schema: &mut Map<String, Value>) {
    match format {
        Format::Url => set("format", "uri".into(), schema),
        Format::Ip => set(
            "allOf",
            json!([{"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}]),
            schema,
        ),
        format => set("format", format.name().into(), schema),
    }
}

fn set(key: &str, value: Value, schema: &mut Map<String, Value>) {
    schema.insert(key.to_owned(), value);
}

/// Adds the range of the Rust type to every integer in a description: for larger types schemars sets
/// only a format, which validators do not know.
pub(crate) fn bound_integers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(bound_integers),
        Value::Object(schema) => {
            schema.values_mut().for_each(bound_integers);
            let format = schema.get("format").and_then(Value::as_str);
            let range = format.filter(|_| is_integer(schema)).and_then(range_of);
            if let Some((least, most)) = range {
                let lower = ["minimum", "exclusiveMinimum"];
                let upper = ["maximum", "exclusiveMaximum"];
                for (keys, bound) in [(lower, least), (upper, most)] {
                    if !keys.iter().any(|key| schema.contains_key(*key)) {
                        set(keys[0], bound.into(), schema);
                    }
                }
            }
        }
        _ => {}
    }
}

fn is_integer(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == "integer",
        Some(Value::Array(several)) => several.iter().any(|one| one == "integer"),
        _ => false,
    }
}

/// Returns the range of an integer of one of schemars' formats, within the exact range of clients.
fn range_of(format: &str) -> Option<(i64, i64)> {
    let exact = MAX_EXACT.cast_signed();
    match format {
        "int32" => Some((i32::MIN.into(), i32::MAX.into())),
        "uint32" => Some((0, u32::MAX.into())),
        "int" | "int64" | "int128" => Some((-exact, exact)),
        "uint" | "uint64" | "uint128" => Some((0, exact)),
        _ => None,
    }
}
