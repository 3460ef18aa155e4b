//! JSON merge patches (RFC 7396) of raw JSON text, which keeps every number as it is spelled.

use crate::core::error::Result;
use crate::core::json::object::{Object, ObjectText};
use std::collections::BTreeMap;

/// Applies the merge patch `given` to the members that `stored` returns, and returns the changed
/// members.
///
/// The depth of recursion is that of the patch, which the server limits.
///
/// # Errors
///
/// If an object has a duplicate key.
pub(crate) fn patch<'a>(given: &str, stored: impl Fn(&str) -> Option<&'a str>) -> Result<String> {
    let mut merged = ObjectText::default();
    for (name, value) in Object::parse(given)?.take_rest() {
        let target = stored(name).unwrap_or("null");
        let value = apply(target, value).map_err(|error| error.within(name))?;
        merged.push(name, &value);
    }
    Ok(merged.end())
}

/// Returns the result of applying `patch` to the value `target`.
fn apply(target: &str, patch: &str) -> Result<String> {
    if !patch.starts_with('{') {
        return Ok(patch.to_owned());
    }
    let patch = Object::parse(patch)?;
    let mut patch: BTreeMap<&str, &str> = patch.take_rest().collect();
    let mut merged = ObjectText::default();
    if target.starts_with('{') {
        for (name, value) in Object::parse(target)?.take_rest() {
            match patch.remove(name) {
                None => merged.push(name, value),
                Some("null") => {}
                Some(change) => merged.push(name, &apply(value, change)?),
            }
        }
    }
    for (name, change) in patch {
        if change != "null" {
            merged.push(name, &apply("null", change)?);
        }
    }
    Ok(merged.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn merged(target: &str, patch: &str) -> Value {
        let merged = apply(target, patch).expect("no key is a duplicate");
        serde_json::from_str(&merged).expect("the result is JSON")
    }

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn examples_of_the_rfc() {
        for (target, patch, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (
                r#"{"a":{"b":"c"}}"#,
                r#"{"a":{"b":"d","c":null}}"#,
                r#"{"a":{"b":"d"}}"#,
            ),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let expected: Value = serde_json::from_str(expected).expect("JSON");
            assert_eq!(merged(target, patch), expected, "{target} {patch}");
        }
    }

    #[test]
    fn numbers_keep_their_spelling() {
        let merged = apply(
            r#"{"a":1.10,"b":123456789012345678901234567890}"#,
            r#"{"c":1e2}"#,
        );
        let expected = r#"{"a":1.10,"b":123456789012345678901234567890,"c":1e2}"#;
        assert_eq!(merged.expect("an object"), expected);
    }

    #[test]
    fn top_level_null_stays_and_nested_null_removes() {
        let stored = |name: &str| (name == "home").then_some(r#"{"town":"A","zip":1}"#);
        let merged = patch(r#"{"note":null,"home":{"zip":null,"street":"B"}}"#, stored);
        let expected = r#"{"note":null,"home":{"town":"A","street":"B"}}"#;
        assert_eq!(merged.expect("an object"), expected);
    }

    #[test]
    fn member_that_is_given_twice_is_rejected() {
        let error =
            patch(r#"{"home":{"zip":1,"zip":2}}"#, |_| None).expect_err("the key is a duplicate");
        assert_eq!(error.fields()[0].path, "home.zip");
    }
}
