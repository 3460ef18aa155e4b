//! The parameters of an address, as the conditions and the query that they stand for.

use super::members::{Members, text};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::rules::Kind;
use form_urlencoded::Serializer;
use serde_json::value::RawValue;

/// All of a payload, as JSON.
const WHOLE: &str = "$query";

/// Where a list goes on.
const AFTER: &str = "$after";

/// The payload that parameters are which ask for properties of `model`.
///
/// # Errors
///
/// Where something stands beside [`WHOLE`], or that is no JSON.
pub(super) fn payload(query: &str, model: &Model) -> Result<String> {
    let (mut members, mut compared) = (Members::default(), Vec::<(&str, Members)>::new());
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    for (key, value) in &pairs {
        if key == WHOLE {
            return whole(value, pairs.len());
        }
        let Some((name, operator)) = operator(key) else {
            members.push(key, &raw(model, key, value));
            continue;
        };
        let is_list = matches!(operator, "$in" | "$nin");
        let raw = if is_list {
            list(value, |one| scalar(model, name, one))
        } else {
            scalar(model, name, value)
        };
        match compared.iter_mut().find(|(known, _)| *known == name) {
            Some((_, operators)) => operators.push(operator, &raw),
            None => compared.push((name, Members::of(operator, &raw))),
        }
    }
    for (name, operators) in compared {
        members.push(name, &operators.to_json());
    }
    Ok(members.to_json())
}

/// The same parameters where a list goes on behind `next`; `None` where they are one payload.
pub(super) fn after(query: &str, next: &str) -> Option<String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut written = Serializer::new(String::new());
    for (key, value) in pairs.filter(|(key, _)| key != AFTER) {
        if key == WHOLE {
            return None;
        }
        written.append_pair(&key, &value);
    }
    Some(written.append_pair(AFTER, next).finish())
}

fn whole(value: &str, parameters: usize) -> Result<String> {
    let refuse =
        |why: &str| Err(Error::new(ErrorKind::InvalidQuery, format!("`{WHOLE}` {why}")).at(WHOLE));
    if parameters > 1 {
        return refuse("is all of the query, and nothing stands beside it");
    }
    match json(value) {
        Some(raw) if raw.starts_with('{') => Ok(raw.to_owned()),
        Some(_) => refuse("is not an object"),
        None => refuse("is not JSON"),
    }
}

/// A property and an operator, of `life[$gte]`.
fn operator(key: &str) -> Option<(&str, &str)> {
    let (name, operator) = key.strip_suffix(']')?.split_once("[$")?;
    Some((name, &key[name.len() + 1..key.len() - 1])).filter(|_| !operator.is_empty())
}

/// What stands for `key`, as JSON.
fn raw(model: &Model, key: &str, value: &str) -> String {
    match key {
        "$sort" => whole_or(value, '{', || sort(value)),
        "$select" | "$with" => whole_or(value, '[', || list(value, text)),
        "$limit" | "$skip" | "$or" | "$and" | "$not" => {
            json(value).map_or_else(|| text(value), str::to_owned)
        }
        _ => scalar(model, key, value),
    }
}

/// A value of a property: of one that is a string as it is, of another what it is in JSON.
fn scalar(model: &Model, name: &str, value: &str) -> String {
    let at = model
        .declared
        .properties
        .iter()
        .position(|it| it.name == name);
    let is_text = at.is_none_or(|at| model.kind(at) == Kind::Text);
    json(value)
        .filter(|_| !is_text)
        .map_or_else(|| text(value), str::to_owned)
}

fn whole_or(value: &str, begins: char, otherwise: impl FnOnce() -> String) -> String {
    let whole = json(value).filter(|raw| raw.starts_with(begins));
    whole.map_or_else(otherwise, str::to_owned)
}

fn list(value: &str, one: impl Fn(&str) -> String) -> String {
    let each: Vec<_> = value.split(',').map(one).collect();
    format!("[{}]", each.join(","))
}

/// `-life,kind` as `{"life":-1,"kind":1}`.
fn sort(value: &str) -> String {
    let mut keys = Members::default();
    for key in value.split(',') {
        match key.strip_prefix('-') {
            Some(name) => keys.push(name, "-1"),
            None => keys.push(key, "1"),
        }
    }
    keys.to_json()
}

/// The value, where it is JSON.
fn json(value: &str) -> Option<&str> {
    serde_json::from_str::<&RawValue>(value)
        .ok()
        .map(RawValue::get)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Shape;
    use crate::sample::Sample;
    use schemars::SchemaGenerator;

    fn asked(query: &str) -> String {
        let model = Model::new(&Shape::of::<Sample>(), 0, &mut SchemaGenerator::default());
        payload(query, &model).unwrap_or_else(|error| format!("{error:?}"))
    }

    #[test]
    fn parameters_are_conditions_and_query() {
        for (query, expected) in [
            ("", "{}"),
            ("id=7", r#"{"id":"7"}"#),
            ("life=7", r#"{"life":7}"#),
            ("life=much", r#"{"life":"much"}"#),
            ("life=null", r#"{"life":null}"#),
            ("id=a+b%26%22", r#"{"id":"a b&\""}"#),
            (
                "life[$gte]=5&id=a&life[$lt]=20",
                r#"{"id":"a","life":{"$gte":5,"$lt":20}}"#,
            ),
            ("life%5B%24in%5D=1,2", r#"{"life":{"$in":[1,2]}}"#),
            ("$sort=-life,id", r#"{"$sort":{"life":-1,"id":1}}"#),
            (r#"$sort={"life":1}"#, r#"{"$sort":{"life":1}}"#),
            (
                "$select=id,life&$limit=2",
                r#"{"$select":["id","life"],"$limit":2}"#,
            ),
            (r#"$or=[{"life":1}]"#, r#"{"$or":[{"life":1}]}"#),
            ("life=1&life=2", r#"{"life":1,"life":2}"#),
            (r#"$query={"life": null}"#, r#"{"life": null}"#),
        ] {
            assert_eq!(asked(query), expected, "{query}");
        }
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for query in ["$query={}&life=1", "$query={", "$query=7"] {
            assert!(asked(query).starts_with("invalid_query"), "{query}");
        }
    }

    #[test]
    fn a_list_goes_on_with_the_same_parameters() {
        assert_eq!(
            after("kind=a+b&$after=old", "new").as_deref(),
            Some("kind=a+b&%24after=new")
        );
        assert_eq!(after("$query={}", "new"), None);
    }
}
