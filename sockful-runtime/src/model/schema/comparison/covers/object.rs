//! Compares the properties of objects and the items of arrays.

use super::Covers;
use crate::model::schema::comparison::gap::{Direction, Gap, excerpt_text};
use crate::model::schema::comparison::keywords::Keywords;
use serde_json::Value;

/// The schema of every value.
static ANY: Value = Value::Bool(true);

/// Checks that `over` accepts every object of `sub`.
pub(super) fn check<'a>(
    covers: &mut Covers<'a, '_>,
    sub: &Keywords<'a>,
    over: &Keywords<'a>,
) -> Result<(), Gap> {
    let subs = sub.properties(covers.work)?;
    let overs = over.properties(covers.work)?;
    let others = others(over);
    for (name, property) in subs.iter().flatten() {
        covers.work.spend(1)?;
        let known = overs.as_ref().and_then(|overs| overs.get(name));
        match (known, others) {
            (Some(known), _) => covers.schema(property, known),
            (None, Others::Of(known)) => covers.schema(property, known),
            (None, _) if covers.direction == Direction::Received => Ok(()),
            (None, _) => Err(Gap::Differs("was removed".to_owned())),
        }
        .map_err(|gap| within(name, gap))?;
    }
    let required = [sub, over].map(|keywords| keywords.required(covers.work));
    let [sub_requires, over_requires] = required;
    let (sub_requires, over_requires) = (sub_requires?, over_requires?);
    for name in overs.iter().flatten().map(|(name, _)| name) {
        covers.work.spend(1)?;
        let is_there = subs.as_ref().is_some_and(|subs| subs.contains_key(name));
        if !is_there && covers.direction == Direction::Received {
            return Err(differs(name, "was removed"));
        }
        if over_requires.contains(name) && !sub_requires.contains(name) {
            let why = match covers.direction {
                Direction::Received => "can now be missing",
                Direction::Sent | Direction::Exactly => "is now required",
            };
            return Err(differs(name, why));
        }
    }
    check_others(covers, self::others(sub), others)
}

fn check_others<'a>(
    covers: &mut Covers<'a, '_>,
    sub: Others<'a>,
    over: Others<'a>,
) -> Result<(), Gap> {
    let further = "additional properties";
    match (sub, over) {
        (Others::Of(sub), Others::Of(over)) => {
            covers.schema(sub, over).map_err(|gap| within("*", gap))
        }
        (Others::Any, Others::Of(over)) => {
            covers.schema(&ANY, over).map_err(|gap| within("*", gap))
        }
        (Others::None, _) | (_, Others::Any) => Ok(()),
        (_, Others::None) if covers.direction == Direction::Received => Ok(()),
        (_, Others::None) => Err(Gap::Differs(format!("no longer accepts {further}"))),
    }
}

/// Checks that `over` accepts every array of `sub`.
pub(super) fn check_items<'a>(
    covers: &mut Covers<'a, '_>,
    sub: &Keywords<'a>,
    over: &Keywords<'a>,
) -> Result<(), Gap> {
    let places = |keywords: &Keywords<'a>| keywords.list("prefixItems");
    let (subs, overs) = (places(sub), places(over));
    let [one, other] = [subs, overs].map(|places| places.map_or(0, Vec::len));
    if one != other {
        let why = format!("is a tuple of a different length, {one} and {other}");
        return Err(Gap::Differs(why));
    }
    if let (Some(subs), Some(overs)) = (subs, overs) {
        for (at, (sub, over)) in subs.iter().zip(overs).enumerate() {
            let gap = |gap| within(&at.to_string(), gap);
            covers.schema(sub, over).map_err(gap)?;
        }
    }
    let items = |keywords: &Keywords<'a>| keywords.get("items").unwrap_or(&ANY);
    covers
        .schema(items(sub), items(over))
        .map_err(|gap| within("[]", gap))
}

/// The properties that an object may have in addition to the listed ones.
#[derive(Clone, Copy)]
enum Others<'a> {
    None,
    Any,
    Of(&'a Value),
}

fn others<'a>(keywords: &Keywords<'a>) -> Others<'a> {
    let patterns = keywords.get("patternProperties").and_then(Value::as_object);
    if let Some(schema) = patterns.and_then(|patterns| patterns.values().next()) {
        return Others::Of(schema);
    }
    let additional = keywords.additional();
    match additional.or_else(|| keywords.get("unevaluatedProperties")) {
        Some(Value::Bool(false)) => Others::None,
        None | Some(Value::Bool(true)) => Others::Any,
        Some(schema) => Others::Of(schema),
    }
}

fn differs(name: &str, why: &str) -> Gap {
    within(name, Gap::Differs(why.to_owned()))
}

/// Prefixes the message of a gap with the name of the part.
fn within(name: &str, gap: Gap) -> Gap {
    let name = excerpt_text(name);
    match gap {
        Gap::Differs(why) => Gap::Differs(match why.strip_prefix("in `") {
            Some(rest) => format!("in `{name}.{rest}"),
            None => format!("in `{name}`: {why}"),
        }),
        fault @ Gap::Fault(_) => fault,
    }
}
