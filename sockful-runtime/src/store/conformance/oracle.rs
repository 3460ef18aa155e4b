//! A simple implementation of queries, over a list of JSON values.

use super::cases::{ConditionTree, Test};
use serde_json::Value;
use std::cmp::Ordering;

/// Returns the ids of all records that match the conditions, in order.
pub(super) fn list<'a>(
    creatures: &'a [Value],
    conditions: &ConditionTree,
    sort: &[(&str, bool)],
) -> Vec<&'a str> {
    let mut matching: Vec<&Value> = Vec::new();
    for creature in creatures {
        if meets(creature, conditions) {
            matching.push(creature);
        }
    }
    matching.sort_by(|a, b| in_order(a, b, sort));
    matching
        .into_iter()
        .map(|creature| creature["id"].as_str().expect("an id"))
        .collect()
}

/// Compares two records in the order of a list.
pub(super) fn in_order(a: &Value, b: &Value, sort: &[(&str, bool)]) -> Ordering {
    for (name, descending) in sort {
        let order = order(&a[name], &b[name]);
        // Keys after the id have no effect.
        if order != Ordering::Equal || *name == "id" {
            return if *descending { order.reverse() } else { order };
        }
    }
    order(&a["id"], &b["id"])
}

pub(super) fn meets(creature: &Value, conditions: &ConditionTree) -> bool {
    for (name, test) in &conditions.properties {
        let value = &creature[name];
        let passes = match test {
            Test::Equals(other) => equal(value, other),
            Test::Operators(operators) => {
                operators.iter().all(|(word, arg)| passes(value, word, arg))
            }
        };
        if !passes {
            return false;
        }
    }
    let or = &conditions.or;
    (or.is_empty() || or.iter().any(|any| meets(creature, any)))
        && conditions.and.iter().all(|each| meets(creature, each))
        && conditions.not.iter().all(|not| !meets(creature, not))
}

fn passes(value: &Value, word: &str, arg: &Value) -> bool {
    let among = || {
        let list = arg.as_array().expect("a list");
        list.iter().any(|one| equal(value, one))
    };
    match word {
        "$ne" => !equal(value, arg),
        "$in" => among(),
        "$nin" => !among(),
        _ if value.is_null() => false,
        "$gt" => less(arg, value),
        "$gte" => less(arg, value) || equal(arg, value),
        "$lt" => less(value, arg),
        "$lte" => less(value, arg) || equal(arg, value),
        "$prefix" => {
            let (text, prefix) = (value.as_str().expect("text"), arg.as_str().expect("text"));
            text.len() >= prefix.len() && text.as_bytes()[..prefix.len()] == *prefix.as_bytes()
        }
        _ => panic!("unknown operator {word}"),
    }
}

#[expect(clippy::float_cmp, reason = "exact comparison of numbers is intended")]
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// Returns whether `a` is less than `b`; both have the same type.
fn less(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => !a & b,
        (Value::Number(a), Value::Number(b)) => a.as_f64() < b.as_f64(),
        (Value::String(a), Value::String(b)) => a.bytes().lt(b.bytes()),
        _ => panic!("{a} and {b} have different types"),
    }
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a.is_null(), b.is_null()) {
        _ if equal(a, b) => Ordering::Equal,
        (true, _) => Ordering::Less,
        (_, true) => Ordering::Greater,
        _ if less(a, b) => Ordering::Less,
        _ => Ordering::Greater,
    }
}
