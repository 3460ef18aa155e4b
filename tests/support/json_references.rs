//! Checks of the `$ref`s in a JSON document.

use serde_json::Value;
use std::collections::BTreeSet;

/// Asserts that every `$ref` in the document resolves. Returns the number of distinct references.
pub(crate) fn assert_references_resolve(document: &Value) -> usize {
    let mut found = BTreeSet::new();
    references(document, &mut found);
    for at in &found {
        let place = at.strip_prefix('#').expect("a place in this document");
        assert!(document.pointer(place).is_some(), "{at}");
    }
    found.len()
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(at) if key == "$ref" => _ = found.insert(at),
                    _ => references(value, found),
                }
            }
        }
        _ => {}
    }
}
