//! Compares the limits of numbers, strings, arrays and objects.

use super::arms::{TypeSchema, type_of};
use super::gap::{Gap, StepBudget, excerpt_text};
use super::keywords::{Keywords, equal};
use serde_json::Value;

/// The keyword, the keyword of the exclusive limit, and whether it is a lower limit.
const LIMITS: [(&str, &str, bool); 8] = [
    ("minimum", "exclusiveMinimum", true),
    ("maximum", "exclusiveMaximum", false),
    ("minLength", "", true),
    ("maxLength", "", false),
    ("minItems", "", true),
    ("maxItems", "", false),
    ("minProperties", "", true),
    ("maxProperties", "", false),
];

/// Keywords that are compared for equality only.
const AS_THEY_ARE: [&str; 5] = ["pattern", "multipleOf", "uniqueItems", "not", "contains"];

/// Checks that each limit of `over` is also a limit of `sub`.
pub(super) fn check(
    sub: &TypeSchema<'_>,
    over: &TypeSchema<'_>,
    work: &mut StepBudget,
) -> Result<(), Gap> {
    work.spend(sub.keywords.weight() + over.keywords.weight())?;
    for (key, exclusive, is_least) in LIMITS {
        let Some(set) = limit(&over.keywords, key, exclusive, is_least) else {
            continue;
        };
        let before = limit(&sub.keywords, key, exclusive, is_least);
        if !before.is_some_and(|before| is_within(before, set, is_least)) {
            let why = format!("now has a narrower `{key}`: {}", set.0);
            return Err(Gap::Differs(why));
        }
    }
    for key in AS_THEY_ARE {
        let Some(required) = over.keywords.get(key) else {
            continue;
        };
        let is_same = match sub.keywords.get(key) {
            Some(before) => equal(before, required, work)?,
            None => false,
        };
        if !is_same {
            return Err(Gap::Differs(format!("now has a different `{key}`")));
        }
    }
    match [sub, over].map(|typed| typed.keywords.text("format")) {
        // The limits of numbers already cover this.
        _ if matches!(sub.name, "integer" | "number") => Ok(()),
        [_, None] => Ok(()),
        [Some(one), Some(other)] if one == other || is_wider(one, other) => Ok(()),
        [_, Some(format)] => {
            let format = excerpt_text(format);
            let why = format!("must now have the format `{format}`");
            Err(Gap::Differs(why))
        }
    }
}

/// Returns whether each wide integer of type `one` is in the range of `other`.
fn is_wider(one: &str, other: &str) -> bool {
    matches!((one, other), ("u64", "u128" | "i128") | ("i64", "i128"))
}

/// Returns whether a schema accepts `value`, as far as can be decided without examining its parts.
pub(super) fn takes(
    typed: &TypeSchema<'_>,
    value: &Value,
    work: &mut StepBudget,
) -> Result<bool, Gap> {
    work.spend(typed.keywords.weight() + value.as_str().map_or(0, str::len) / 64)?;
    let name = type_of(value);
    let is_whole = typed.name == "number" && name == "integer";
    Ok((typed.name == name || is_whole) && is_within_limits(&typed.keywords, value))
}

fn is_within_limits(keywords: &Keywords<'_>, value: &Value) -> bool {
    let (key, size) = match value {
        Value::Number(number) => ("imum", number.as_f64()),
        Value::String(text) => ("Length", count(text.chars().count())),
        Value::Array(items) => ("Items", count(items.len())),
        Value::Object(properties) => ("Properties", count(properties.len())),
        Value::Null | Value::Bool(_) => return true,
    };
    let Some(size) = size else { return false };
    let opaque = AS_THEY_ARE.iter().chain(&["format"]);
    let mut opaque = opaque.filter(|_| value.is_string());
    let mut limits = LIMITS.iter().filter(|(name, ..)| name.ends_with(key));
    limits.all(|&(key, exclusive, is_least)| {
        limit(keywords, key, exclusive, is_least)
            .is_none_or(|set| is_within((size, false), set, is_least))
    }) && !opaque.any(|key| keywords.get(key).is_some())
}

fn count(size: usize) -> Option<f64> {
    u32::try_from(size).ok().map(f64::from)
}

/// Returns a limit, and whether it is exclusive.
fn limit(
    keywords: &Keywords<'_>,
    key: &str,
    exclusive: &str,
    is_least: bool,
) -> Option<(f64, bool)> {
    let number = |key: &str| keywords.get(key).and_then(Value::as_f64);
    let inclusive = number(key).map(|limit| (limit, false));
    let exclusive = number(exclusive).map(|limit| (limit, true));
    match (inclusive, exclusive) {
        // The stricter of both.
        (Some(one), Some(other)) if is_within(one, other, is_least) => Some(one),
        (one, None) => one,
        (_, other) => other,
    }
}

/// Returns whether limit `one` is at least as strict as `other`.
fn is_within(one: (f64, bool), other: (f64, bool), is_least: bool) -> bool {
    let (one_limit, other_limit) = if is_least {
        (-one.0, -other.0)
    } else {
        (one.0, other.0)
    };
    // Both are parsed from text in the same way, so equal limits have equal bits.
    one_limit < other_limit || (one_limit <= other_limit && (one.1 || !other.1))
}
