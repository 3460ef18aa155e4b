//! Checks of the `$ref`s in a JSON document.

use serde_json::Value;
use std::collections::BTreeSet;

/// Asserts that every `$ref` in the document resolves. Returns the number of distinct references.
pub(crate) fn assert_references_resolve(document: &Value) -> usize {
    let mut found = BTreeSet::new();
    references(document, &mut found);
    for reference in &found {
        let pointer = reference
            .strip_prefix('#')
            .expect("a reference into this document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    found.len()
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(reference) if key == "$ref" => _ = found.insert(reference),
                    _ => references(value, found),
                }
            }
        }
        _ => {}
    }
}
