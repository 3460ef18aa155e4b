//! A simple implementation of filters that shares no code with the library.

use serde_json::Value;
use std::cmp::Ordering;

/// Whether a record matches a filter.
pub(super) fn matches(filter: &Value, record: &Value) -> bool {
    let object = filter.as_object().expect("a filter is an object");
    object.iter().all(|(key, expected)| match &**key {
        "$or" => list(expected).iter().any(|it| matches(it, record)),
        "$and" => list(expected).iter().all(|it| matches(it, record)),
        "$not" => !matches(expected, record),
        _ => match expected.as_object() {
            None => equal(&record[key], expected),
            Some(operators) => operators
                .iter()
                .all(|(operator, value)| operator_matches(operator, &record[key], value)),
        },
    })
}

fn operator_matches(operator: &str, value: &Value, operand: &Value) -> bool {
    let order = || order(value, operand);
    match operator {
        "$ne" => !equal(value, operand),
        "$gt" => order() == Some(Ordering::Greater),
        "$gte" => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        "$lt" => order() == Some(Ordering::Less),
        "$lte" => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        "$in" => list(operand).iter().any(|it| equal(value, it)),
        "$nin" => !list(operand).iter().any(|it| equal(value, it)),
        "$prefix" => match (value.as_str(), operand.as_str()) {
            (Some(value), Some(prefix)) => value.as_bytes().starts_with(prefix.as_bytes()),
            _ => false,
        },
        _ => panic!("{operator} is not implemented"),
    }
}

/// Compares two values; a missing value equals null only.
fn equal(value: &Value, expected: &Value) -> bool {
    value.is_null() && expected.is_null() || order(value, expected) == Some(Ordering::Equal)
}

fn order(value: &Value, operand: &Value) -> Option<Ordering> {
    match (value, operand) {
        (Value::String(value), Value::String(operand)) => {
            Some(value.as_bytes().cmp(operand.as_bytes()))
        }
        (Value::Bool(value), Value::Bool(operand)) => Some(value.cmp(operand)),
        (Value::Number(value), Value::Number(operand)) => {
            match (value.as_i64(), operand.as_i64()) {
                (Some(value), Some(operand)) => Some(value.cmp(&operand)),
                _ => value.as_f64()?.partial_cmp(&operand.as_f64()?),
            }
        }
        _ => None,
    }
}

/// Compares two records by these sort keys and then by id.
pub(super) fn compare(sort: &Value, id: &str, a: &Value, b: &Value) -> Ordering {
    let keys = sort.as_object().expect("an order is an object").iter();
    let of_keys = keys.map(|(key, direction)| {
        let ascending = match (&a[key], &b[key]) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Less,
            (_, Value::Null) => Ordering::Greater,
            (a, b) => order(a, b).expect("values of one type"),
        };
        if direction == -1 {
            ascending.reverse()
        } else {
            ascending
        }
    });
    let ids = std::iter::once_with(|| order(&a[id], &b[id]).expect("ids of one type"));
    let mut all = of_keys.chain(ids);
    all.find(|it| it.is_ne()).unwrap_or(Ordering::Equal)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}
