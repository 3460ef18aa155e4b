//! A simple implementation of filters that shares no code with the library.

use serde_json::Value;
use std::cmp::Ordering;

/// Whether a record matches a filter.
pub(super) fn meets(conditions: &Value, record: &Value) -> bool {
    let object = conditions.as_object().expect("conditions are an object");
    object.iter().all(|(key, wanted)| match &**key {
        "$or" => list(wanted).iter().any(|it| meets(it, record)),
        "$and" => list(wanted).iter().all(|it| meets(it, record)),
        "$not" => !meets(wanted, record),
        _ => match wanted.as_object() {
            None => equal(&record[key], wanted),
            Some(operators) => operators
                .iter()
                .all(|(word, value)| holds(word, &record[key], value)),
        },
    })
}

fn holds(word: &str, is: &Value, than: &Value) -> bool {
    let order = || order(is, than);
    match word {
        "$ne" => !equal(is, than),
        "$gt" => order() == Some(Ordering::Greater),
        "$gte" => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        "$lt" => order() == Some(Ordering::Less),
        "$lte" => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        "$in" => list(than).iter().any(|it| equal(is, it)),
        "$nin" => !list(than).iter().any(|it| equal(is, it)),
        "$prefix" => match (is.as_str(), than.as_str()) {
            (Some(is), Some(prefix)) => is.as_bytes().starts_with(prefix.as_bytes()),
            _ => false,
        },
        _ => panic!("{word} is not known here"),
    }
}

/// Compares two values; a missing value equals null only.
fn equal(is: &Value, wanted: &Value) -> bool {
    is.is_null() && wanted.is_null() || order(is, wanted) == Some(Ordering::Equal)
}

fn order(is: &Value, than: &Value) -> Option<Ordering> {
    match (is, than) {
        (Value::String(is), Value::String(than)) => Some(is.as_bytes().cmp(than.as_bytes())),
        (Value::Bool(is), Value::Bool(than)) => Some(is.cmp(than)),
        (Value::Number(is), Value::Number(than)) => match (is.as_i64(), than.as_i64()) {
            (Some(is), Some(than)) => Some(is.cmp(&than)),
            _ => is.as_f64()?.partial_cmp(&than.as_f64()?),
        },
        _ => None,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}
