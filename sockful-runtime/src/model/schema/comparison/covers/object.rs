//! Compares the properties of objects and the items of arrays.

use super::Covers;
use crate::model::schema::comparison::gap::{Direction, Gap};
use serde_json::{Map, Value};

type Keywords = Map<String, Value>;

/// Checks that `over` accepts every object of `sub`.
pub(super) fn check(
    covers: &mut Covers<'_, '_>,
    sub: &Keywords,
    over: &Keywords,
) -> Result<(), Gap> {
    let (subs, overs) = (properties(sub), properties(over));
    let others = others(over);
    for (name, property) in subs.into_iter().flatten() {
        covers.work.spend(1)?;
        let known = overs.and_then(|overs| overs.get(name));
        match (known, others) {
            (Some(known), _) | (None, Others::Of(known)) => covers.schema(property, known),
            (None, _) if covers.direction == Direction::Received => Ok(()),
            (None, _) => Err(Gap::Differs("is no longer there".to_owned())),
        }
        .map_err(|gap| within(name, gap))?;
    }
    for name in overs.into_iter().flat_map(Map::keys) {
        covers.work.spend(1)?;
        let is_there = subs.is_some_and(|subs| subs.contains_key(name));
        if !is_there && covers.direction == Direction::Received {
            return Err(differs(name, "is no longer there"));
        }
        if is_required(over, name) && !is_required(sub, name) {
            let why = match covers.direction {
                Direction::Received => "may be missing now",
                Direction::Sent | Direction::Exactly => "is required now",
            };
            return Err(differs(name, why));
        }
    }
    check_others(covers, self::others(sub), others)
}

fn check_others(covers: &mut Covers<'_, '_>, sub: Others<'_>, over: Others<'_>) -> Result<(), Gap> {
    let further = "its further properties";
    match (sub, over) {
        (Others::Of(sub), Others::Of(over)) => {
            covers.schema(sub, over).map_err(|gap| within("*", gap))
        }
        (Others::Any, Others::Of(over)) => covers
            .schema(&Value::Bool(true), over)
            .map_err(|gap| within("*", gap)),
        (Others::None, _) | (_, Others::Any) => Ok(()),
        (_, Others::None) if covers.direction == Direction::Received => Ok(()),
        (_, Others::None) => Err(Gap::Differs(format!("takes {further} no more"))),
    }
}

/// Checks that `over` accepts every array of `sub`.
pub(super) fn check_items(
    covers: &mut Covers<'_, '_>,
    sub: &Keywords,
    over: &Keywords,
) -> Result<(), Gap> {
    let first = |keywords: &Keywords| {
        let items = keywords.get("prefixItems").and_then(Value::as_array);
        items.map(Vec::len).unwrap_or_default()
    };
    if first(sub) != first(over) {
        let (one, other) = (first(sub), first(over));
        let why = format!("is a tuple of another length, of {one} and {other}");
        return Err(Gap::Differs(why));
    }
    let places = |keywords: &Keywords| {
        keywords
            .get("prefixItems")
            .and_then(Value::as_array)
            .cloned()
    };
    if let (Some(subs), Some(overs)) = (places(sub), places(over)) {
        for (at, (sub, over)) in subs.iter().zip(&overs).enumerate() {
            let gap = |gap| within(&at.to_string(), gap);
            covers.schema(sub, over).map_err(gap)?;
        }
    }
    let any = Value::Bool(true);
    let items = |keywords: &Keywords| keywords.get("items").cloned().unwrap_or(any.clone());
    covers
        .schema(&items(sub), &items(over))
        .map_err(|gap| within("[]", gap))
}

/// The properties that an object may have beside the listed ones.
#[derive(Clone, Copy)]
enum Others<'a> {
    None,
    Any,
    Of(&'a Value),
}

fn others(keywords: &Keywords) -> Others<'_> {
    let patterns = keywords.get("patternProperties").and_then(Value::as_object);
    if let Some(schema) = patterns.and_then(|patterns| patterns.values().next()) {
        return Others::Of(schema);
    }
    let closes = |key| keywords.get(key);
    match closes("additionalProperties").or(closes("unevaluatedProperties")) {
        Some(Value::Bool(false)) => Others::None,
        None | Some(Value::Bool(true)) => Others::Any,
        Some(schema) => Others::Of(schema),
    }
}

fn properties(keywords: &Keywords) -> Option<&Keywords> {
    keywords.get("properties").and_then(Value::as_object)
}

fn is_required(keywords: &Keywords, name: &str) -> bool {
    let required = keywords.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|one| one == name))
}

fn differs(name: &str, why: &str) -> Gap {
    within(name, Gap::Differs(why.to_owned()))
}

/// Prefixes the message of a gap with the name of the part.
fn within(name: &str, gap: Gap) -> Gap {
    match gap {
        Gap::Differs(why) => Gap::Differs(match why.strip_prefix("in `") {
            Some(rest) => format!("in `{name}.{rest}"),
            None => format!("in `{name}`: {why}"),
        }),
        fault @ Gap::Fault(_) => fault,
    }
}
