//! Converts the parameters of an address to filters and queries.

use super::members::{ObjectWriter, text};
use crate::core::error::{Error, ErrorKind, Result};
use crate::model::resource_model::Model;
use crate::query::{OPERATORS, RelationScope};
use form_urlencoded::Serializer;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The whole payload as JSON.
const QUERY: &str = "$query";

/// The cursor after which a list continues.
const AFTER: &str = "$after";

/// Further conditions, as a list of objects.
const AND: &str = "$and";

/// Operators that take a list, written as one parameter or as several.
const LISTS: [&str; 5] = ["$in", "$nin", "$sort", "$select", "$with"];

/// The payload for parameters that refer to properties of `model`.
///
/// # Errors
///
/// If a parameter is repeated, if another one is combined with [`QUERY`], or if that is not JSON.
pub(super) fn payload(query: &str, model: &Model, scope: RelationScope<'_>) -> Result<String> {
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        check_brackets(&key, &value, model)?;
    }
    let given = given(query)?;
    if let Some((_, value)) = given.iter().find(|(key, _)| key == QUERY) {
        return query_json(value, given.len());
    }
    let (mut members, mut and, mut beside) = (ObjectWriter::default(), None, Vec::new());
    for (key, value) in given.iter().filter(|(key, _)| operator(key).is_none()) {
        let raw = raw((model, scope), key, value);
        if key == AND {
            and = Some(raw);
        } else {
            members.push(key, &raw);
        }
    }
    for (name, operators) in compared(&given, (model, scope)) {
        // A property cannot have both a value and operators, so the operators move to `$and`.
        if given.iter().any(|(key, _)| key == name) {
            beside.push(ObjectWriter::of(name, &operators).to_json());
        } else {
            members.push(name, &operators);
        }
    }
    match and {
        Some(raw) if beside.is_empty() => members.push(AND, &raw),
        and => beside.extend(and.map(|raw| ObjectWriter::of(AND, &raw).to_json())),
    }
    if !beside.is_empty() {
        members.push(AND, &format!("[{}]", beside.join(",")));
    }
    Ok(members.to_json())
}

/// Each parameter with its value. The values of a repeated list are joined.
fn given(query: &str) -> Result<Vec<(Cow<'_, str>, String)>> {
    let mut given = Vec::<(Cow<'_, str>, String)>::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let word = operator(&key).map_or(&*key, |(_, operator)| operator);
        let is_list = LISTS.contains(&word);
        match given.iter_mut().find(|(known, _)| *known == key) {
            None => given.push((key, value.into_owned())),
            Some((_, known)) if is_list => {
                known.push(',');
                known.push_str(&value);
            }
            Some(_) => return Err(refusal(&key, "is given twice")),
        }
    }
    Ok(given)
}

/// The operators of each property that has any.
fn compared<'a>(
    given: &'a [(Cow<'_, str>, String)],
    of: (&Model, RelationScope<'_>),
) -> Vec<(&'a str, String)> {
    let mut compared = Vec::<(&str, ObjectWriter)>::new();
    for (key, value) in given {
        let Some((name, operator)) = operator(key) else {
            continue;
        };
        let raw = if LISTS.contains(&operator) {
            list(value, |one| scalar(of, name, one))
        } else {
            scalar(of, name, value)
        };
        match compared.iter_mut().find(|(known, _)| *known == name) {
            Some((_, operators)) => operators.push(operator, &raw),
            None => compared.push((name, ObjectWriter::of(operator, &raw))),
        }
    }
    let compared = compared.into_iter();
    compared
        .map(|(name, operators)| (name, operators.to_json()))
        .collect()
}

/// The same parameters for the page after `next`; `None` if they are one JSON payload.
pub(super) fn after(query: &str, next: &str) -> Option<String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut written = Serializer::new(String::new());
    for (key, value) in pairs.filter(|(key, _)| key != AFTER) {
        if key == QUERY {
            return None;
        }
        written.append_pair(&key, &value);
    }
    Some(written.append_pair(AFTER, next).finish())
}

fn query_json(value: &str, parameters: usize) -> Result<String> {
    if parameters > 1 {
        let why = "must be the only query parameter";
        return Err(refusal(QUERY, why));
    }
    match json(value) {
        Some(raw) if raw.starts_with('{') => Ok(raw.to_owned()),
        Some(_) => Err(refusal(QUERY, "is not an object")),
        None => Err(refusal(QUERY, "is not JSON")),
    }
}

fn refusal(parameter: &str, why: &str) -> Error {
    let message = format!("`{parameter}` {why}");
    Error::new(ErrorKind::InvalidQuery, message).at(parameter)
}

/// The property and the operator of a parameter such as `life[$gte]`.
fn operator(key: &str) -> Option<(&str, &str)> {
    let (name, operator) = key.strip_suffix(']')?.split_once("[$")?;
    Some((name, &key[name.len() + 1..key.len() - 1])).filter(|_| !operator.is_empty())
}

/// Rejects brackets that are not those of one operator and names the accepted form: other servers
/// read `a[b][c]=d` as nested objects and `a[]=b` as lists.
fn check_brackets(key: &str, value: &str, model: &Model) -> Result<()> {
    let is_property = |name: &str| model.definition.properties.iter().any(|it| it.name == name);
    let Some((name, rest)) = key.split_once('[').filter(|_| !is_property(key)) else {
        return Ok(());
    };
    let inner: Vec<&str> = rest.trim_end_matches(']').split("][").collect();
    let is_list = |part: &str| part.is_empty() || part.bytes().all(|byte| byte.is_ascii_digit());
    let is_known = |operator: &str| OPERATORS.contains(&operator);
    let write = match (name, &*inner) {
        // An unknown operator is reported with the other errors of the query.
        (_, [operator])
            if rest.ends_with(']') && operator.len() > 1 && operator.starts_with('$') =>
        {
            return Ok(());
        }
        ("$sort", [part]) if !is_list(part) => {
            let sign = if matches!(value, "-1" | "desc") {
                "-"
            } else {
                ""
            };
            format!("`$sort={sign}{part}`")
        }
        ("$sort" | "$select" | "$with", [part]) if is_list(part) => {
            format!("`{name}={value}`, with commas between several")
        }
        ("$limit" | "$skip" | "$after", _) => format!("`{name}=…`"),
        ("$or" | "$and" | "$not", _) => {
            format!(
                "the whole condition as JSON, such as `{name}={}`",
                example(name)
            )
        }
        // `filter[life]=5`, `where[life][$gte]=5`.
        (_, [property, rest @ ..]) if !is_property(name) && is_property(property) => match rest {
            [] => format!("`{property}={value}`"),
            [operator, ..] => format!("`{property}[{}]={value}`", dollar(operator)),
        },
        (_, [operator, part]) if is_known(&dollar(operator)) && is_list(part) => {
            format!(
                "`{name}[{}]={value}`, with commas between several",
                dollar(operator)
            )
        }
        (_, [operator]) if is_known(&dollar(operator)) => {
            format!("`{name}[{}]={value}`", dollar(operator))
        }
        (_, [part]) if is_list(part) => {
            format!("`{name}[$in]={value}`, with commas between several")
        }
        _ => "the whole query as JSON in `$query`".to_owned(),
    };
    let why = format!("is not a property with one operator, such as `life[$gte]`; write {write}");
    Err(refusal(key, &why))
}

/// An operator with its dollar sign, which may be missing.
fn dollar(operator: &str) -> String {
    format!("${}", operator.trim_start_matches('$'))
}

fn example(name: &str) -> &'static str {
    match name {
        "$not" => r#"{"life":1}"#,
        _ => r#"[{"life":1},{"life":2}]"#,
    }
}

/// The value of the parameter `key` as JSON.
fn raw(of: (&Model, RelationScope<'_>), key: &str, value: &str) -> String {
    match key {
        "$sort" => json_or(value, '{', || sort(value)),
        "$select" | "$with" => json_or(value, '[', || list(value, text)),
        "$limit" | "$skip" | "$or" | "$and" | "$not" => {
            json(value).map_or_else(|| text(value), str::to_owned)
        }
        _ => scalar(of, key, value),
    }
}

/// A value of a property as JSON: literal for a string, parsed for other types.
fn scalar((model, scope): (&Model, RelationScope<'_>), name: &str, value: &str) -> String {
    let is_text = scope.is_text(model, name);
    json(value)
        .filter(|_| !is_text)
        .map_or_else(|| text(value), str::to_owned)
}

fn json_or(value: &str, begins: char, otherwise: impl FnOnce() -> String) -> String {
    let parsed = json(value).filter(|raw| raw.starts_with(begins));
    parsed.map_or_else(otherwise, str::to_owned)
}

fn list(value: &str, one: impl Fn(&str) -> String) -> String {
    let each: Vec<_> = value.split(',').map(one).collect();
    format!("[{}]", each.join(","))
}

/// Converts `-life,kind` to `{"life":-1,"kind":1}`.
fn sort(value: &str) -> String {
    let mut keys = ObjectWriter::default();
    for key in value.split(',') {
        match key.strip_prefix('-') {
            Some(name) => keys.push(name, "-1"),
            None => keys.push(key, "1"),
        }
    }
    keys.to_json()
}

/// The value if it is JSON.
fn json(value: &str) -> Option<&str> {
    serde_json::from_str::<&RawValue>(value)
        .ok()
        .map(RawValue::get)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::resource_model::Shape;
    use crate::store::conformance::sample::Sample;
    use schemars::SchemaGenerator;

    fn asked(query: &str) -> String {
        let model = Model::new(&Shape::of::<Sample>(), 0, &mut SchemaGenerator::default());
        payload(query, &model, RelationScope::NONE).unwrap_or_else(|error| format!("{error:?}"))
    }

    #[test]
    fn url_parameters_become_a_query() {
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
            ("life[$in]=1&life[$in]=2", r#"{"life":{"$in":[1,2]}}"#),
            (
                "life=1&life[$lt]=2",
                r#"{"life":1,"$and":[{"life":{"$lt":2}}]}"#,
            ),
            ("$and=[{}]", r#"{"$and":[{}]}"#),
            (
                "life=1&life[$lt]=2&$and=[{}]",
                r#"{"life":1,"$and":[{"life":{"$lt":2}},{"$and":[{}]}]}"#,
            ),
            (r#"$query={"life": null}"#, r#"{"life": null}"#),
        ] {
            assert_eq!(asked(query), expected, "{query}");
        }
    }

    #[test]
    fn invalid_url_query_is_rejected() {
        for query in [
            "$query={}&life=1",
            "$query={",
            "$query=7",
            "life=1&life=2",
            "life[$lt]=1&life[$lt]=2",
            "$limit=1&$limit=2",
        ] {
            assert!(asked(query).starts_with("invalid_query"), "{query}");
        }
    }

    #[test]
    fn nested_brackets_are_rejected_with_a_hint() {
        for (query, write) in [
            ("life[gte]=5", "write `life[$gte]=5`"),
            ("filter[life]=5", "write `life=5`"),
            ("filter[life][gte]=5", "write `life[$gte]=5`"),
            ("where[life][$gte]=5", "write `life[$gte]=5`"),
            ("life[]=1&life[]=2", "write `life[$in]=1`, with commas"),
            ("life[0]=1", "write `life[$in]=1`, with commas"),
            ("life[$in][]=1", "write `life[$in]=1`, with commas"),
            ("life[$in][0]=1", "write `life[$in]=1`, with commas"),
            ("life[in][0]=1", "write `life[$in]=1`, with commas"),
            ("$sort[life]=-1", "write `$sort=-life`"),
            ("$sort[life]=asc", "write `$sort=life`"),
            ("$select[]=id", "write `$select=id`, with commas"),
            ("$limit[]=1", "write `$limit=…`"),
            ("$or[0][life]=1", r#"as JSON, such as `$or=[{"life":1}"#),
            ("life[a][b][c]=1", "in `$query`"),
            ("life[$gte=5", "write `life[$gte]=5`"),
        ] {
            let error = asked(query);
            assert!(
                error.starts_with("invalid_query") && error.contains(write),
                "{query}: {error}"
            );
        }
    }

    #[test]
    fn next_page_keeps_the_parameters() {
        assert_eq!(
            after("kind=a+b&$after=old", "new").as_deref(),
            Some("kind=a+b&%24after=new")
        );
        assert_eq!(after("$query={}", "new"), None);
    }
}
