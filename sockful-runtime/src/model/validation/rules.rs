//! Checks the JSON of a value against the rules of its property.

use crate::core::error::Fault;
use crate::core::json;
use crate::model::definition::{Bound, Check, Limit, Property, Rule};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{self, Display};

/// The faults found by rules that check the Rust value instead of its JSON.
#[derive(Debug, Default)]
pub(crate) struct TypedFaults {
    /// The message of the function in `conform`.
    pub(crate) conform: Option<Cow<'static, str>>,
    /// The faults that `garde::Validate` found, with paths relative to the value.
    pub(crate) nested: Vec<Fault>,
}

/// Adds a fault for each rule of `property` that the value violates; `raw` is its JSON.
pub(crate) fn check_rules(
    property: &Property,
    raw: &str,
    typed: &TypedFaults,
    faults: &mut Vec<Fault>,
) {
    for rule in property.rules {
        if matches!(rule.check, Check::Nested) {
            faults.extend(typed.nested.iter().map(|fault| {
                let mut fault = fault.under(property.name);
                if !property.access.is_sent() {
                    // The keys of a map are as confidential as its values.
                    property.name.clone_into(&mut fault.path);
                }
                fault
            }));
        } else if let Some(ours) = refusal(rule, raw, typed) {
            let message = rule.message.map_or(ours, Cow::Borrowed);
            faults.push(Fault::new(property.name, rule.word(), message));
        }
    }
}

/// Returns the message for a value that violates `rule`.
fn refusal(rule: &Rule, raw: &str, typed: &TypedFaults) -> Option<Cow<'static, str>> {
    if matches!(rule.check, Check::Conform) {
        return typed.conform.clone();
    }
    if raw == "null" {
        return None;
    }
    match rule.check {
        Check::Range(from, to) => {
            let is_satisfied = compare(raw, from).is_none_or(Ordering::is_ge) && is_within(raw, to);
            (!is_satisfied).then(|| out_of(from, to).into())
        }
        Check::Length(from, to) => {
            let (length, unit) = length(raw);
            let length = length.to_string();
            let is_satisfied =
                compare(&length, from).is_none_or(Ordering::is_ge) && is_within(&length, to);
            (!is_satisfied).then(|| of_another_length(from, to, unit).into())
        }
        Check::Pattern(pattern) => {
            let is_satisfied = json::string(raw).is_some_and(|text| pattern().is_met_by(&text));
            (!is_satisfied).then(|| format!("does not match `{}`", pattern().text()).into())
        }
        Check::Format(format) => {
            let is_satisfied = json::string(raw).is_some_and(|text| format.is_met_by(&text));
            (!is_satisfied).then(|| format.refusal().into())
        }
        Check::Conform | Check::Nested => None,
    }
}

/// Compares the number `raw` with a limit, exactly if both are integers.
fn compare(raw: &str, limit: Limit) -> Option<Ordering> {
    let (Limit::Through(bound) | Limit::Below(bound)) = limit else {
        return None;
    };
    match (raw.parse::<i128>(), bound) {
        (Ok(number), Bound::Int(bound)) => Some(number.cmp(&bound)),
        _ => raw.parse::<f64>().ok()?.partial_cmp(&bound.float()),
    }
}

fn is_within(raw: &str, limit: Limit) -> bool {
    compare(raw, limit).is_none_or(|ordering| match limit {
        Limit::Below(_) => ordering.is_lt(),
        Limit::Through(_) | Limit::None => ordering.is_le(),
    })
}

/// Returns the length of a value and the name of its parts.
fn length(raw: &str) -> (usize, &'static str) {
    match raw.as_bytes() {
        [b'[', ..] => (json::count_items(raw), "item"),
        [b'{', ..] => (json::count_entries(raw), "entry"),
        _ => {
            let text = json::string(raw);
            (text.map_or(0, |text| text.chars().count()), "character")
        }
    }
}

fn out_of(from: Limit, to: Limit) -> String {
    match (from, to) {
        (Limit::None, Limit::Through(to)) => format!("is more than {to}"),
        (Limit::None, Limit::Below(to)) => format!("is not less than {to}"),
        (Limit::Through(from), Limit::Through(to)) => format!("is not from {from} to {to}"),
        (Limit::Through(from), Limit::Below(to)) => {
            format!("is not at least {from} and less than {to}")
        }
        (Limit::Through(from) | Limit::Below(from), _) => format!("is less than {from}"),
        (Limit::None, Limit::None) => "is not a number".to_owned(),
    }
}

fn of_another_length(from: Limit, to: Limit, unit: &str) -> String {
    let many = |count: i128| match (count, unit) {
        (1, unit) => format!("1 {unit}"),
        (count, "entry") => format!("{count} entries"),
        (count, unit) => format!("{count} {unit}s"),
    };
    match (least(from), most(to)) {
        (1, None) => "is empty".to_owned(),
        (from, None) => format!("has less than {}", many(from)),
        (0, Some(0)) => "is not empty".to_owned(),
        (0, Some(to)) => format!("has more than {}", many(to)),
        (from, Some(to)) if from == to => format!("does not have {}", many(to)),
        (from, Some(to)) => format!("does not have {from} to {}", many(to)),
    }
}

/// Returns the smallest length within a limit.
pub(crate) fn least(from: Limit) -> i128 {
    match from {
        Limit::Through(Bound::Int(from)) => from,
        _ => 0,
    }
}

/// Returns the largest length within a limit.
pub(crate) fn most(to: Limit) -> Option<i128> {
    match to {
        Limit::Through(Bound::Int(to)) => Some(to),
        Limit::Below(Bound::Int(to)) => Some(to - 1),
        _ => None,
    }
}

impl Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => Display::fmt(int, f),
            Self::Float(float) => Display::fmt(float, f),
        }
    }
}

#[cfg(test)]
mod tests;
