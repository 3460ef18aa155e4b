//! Pairs of descriptions, and the verdict on the newer one for clients of the older.

use super::*;
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A resource with an action with this payload and result, an event, and a type of its own.
fn description(payload: &Value, result: &Value) -> Value {
    json!({
        "resources": {"creature": {
            "record": object(&json!({"id": {"type": "string"}, "life": {"type": "integer", "maximum": 10}})),
            "actions": {
                "find": {"payload": {"type": "object"}, "result": {}},
                "feed": {"description": "Feeds.", "payload": payload, "result": result},
            },
            "events": {"roared": {"data": {"$ref": "#/$defs/Roar"}}},
        }},
        "$defs": {"Roar": {
            "type": "object",
            "properties": {"loud": {"type": "boolean"}, "of": {"anyOf": [{"$ref": "#/$defs/Roar"}, {"type": "null"}]}},
            "required": ["loud"],
        }},
    })
}

fn object(properties: &Value) -> Value {
    let names: Vec<_> = properties
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

fn verdicts(old: &Value, new: &Value) -> [Verdict; 2] {
    let none = json!({"type": "null"});
    let verdict = |old: &Value, new: &Value| compare(old, new).expect("two descriptions").verdict;
    [
        verdict(&description(old, &none), &description(new, &none)),
        verdict(&description(&none, old), &description(&none, new)),
    ]
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn payloads_may_widen_and_results_may_narrow() {
    use Verdict::{Breaking, Compatible, Same};
    let closed = |required: &[&str], properties: Value| json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    let (text, number) = (json!({"type": "string"}), json!({"type": "integer"}));
    // Old schema, new schema, verdict as a payload, verdict as a result.
    let table = [
        (text.clone(), text.clone(), Same, Same),
        (
            text.clone(),
            json!({"type": "string", "description": "a"}),
            Same,
            Same,
        ),
        (text.clone(), number.clone(), Breaking, Breaking),
        (
            number.clone(),
            json!({"type": "number"}),
            Compatible,
            Breaking,
        ),
        (
            json!({"type": "number"}),
            number.clone(),
            Breaking,
            Compatible,
        ),
        (
            text.clone(),
            json!({"type": ["string", "null"]}),
            Compatible,
            Breaking,
        ),
        (
            json!({"type": ["string", "null"]}),
            text.clone(),
            Breaking,
            Compatible,
        ),
        (
            json!({"enum": ["a"]}),
            json!({"enum": ["a", "b"]}),
            Compatible,
            Breaking,
        ),
        (
            json!({"enum": ["a", "b"]}),
            json!({"enum": ["a"]}),
            Breaking,
            Compatible,
        ),
        (
            json!({"enum": ["a"]}),
            json!({"oneOf": [{"const": "a"}]}),
            Same,
            Same,
        ),
        (
            json!({"type": "integer", "maximum": 5}),
            json!({"type": "integer", "maximum": 9}),
            Compatible,
            Compatible,
        ),
        (
            json!({"type": "integer", "maximum": 9}),
            json!({"type": "integer", "maximum": 5}),
            Breaking,
            Compatible,
        ),
        (
            text.clone(),
            json!({"type": "string", "pattern": "^a"}),
            Breaking,
            Compatible,
        ),
        (
            json!({"type": "string", "pattern": "^a"}),
            text.clone(),
            Compatible,
            Compatible,
        ),
        (
            text.clone(),
            json!({"type": "string", "format": "u64"}),
            Breaking,
            Breaking,
        ),
        (
            json!({"type": "string", "format": "u64"}),
            json!({"type": "string", "format": "i128"}),
            Compatible,
            Compatible,
        ),
        (
            closed(&[], json!({})),
            closed(&[], json!({"a": text})),
            Compatible,
            Compatible,
        ),
        (
            closed(&[], json!({})),
            closed(&["a"], json!({"a": text})),
            Breaking,
            Compatible,
        ),
        (
            closed(&[], json!({"a": text})),
            closed(&[], json!({})),
            Breaking,
            Breaking,
        ),
        (
            closed(&[], json!({"a": text})),
            closed(&["a"], json!({"a": text})),
            Breaking,
            Compatible,
        ),
        (
            closed(&["a"], json!({"a": text})),
            closed(&[], json!({"a": text})),
            Compatible,
            Breaking,
        ),
        (
            closed(&[], json!({"a": text})),
            closed(&[], json!({"b": text})),
            Breaking,
            Breaking,
        ),
        (
            json!({"type": "array", "items": text}),
            json!({"type": "array", "items": number}),
            Breaking,
            Breaking,
        ),
        (
            json!({"type": "array", "items": {"enum": ["a"]}}),
            json!({"type": "array", "items": text}),
            Compatible,
            Breaking,
        ),
        (
            json!({"type": "object", "additionalProperties": text}),
            json!({"type": "object", "additionalProperties": number}),
            Breaking,
            Breaking,
        ),
        (
            json!({"anyOf": [text, number]}),
            json!({"anyOf": [number, text]}),
            Same,
            Same,
        ),
        (
            json!({"allOf": [closed(&["a"], json!({"a": text}))]}),
            closed(&["a"], json!({"a": text})),
            Same,
            Same,
        ),
        (json!(true), text.clone(), Breaking, Compatible),
    ];
    for (old, new, sent, received) in table {
        assert_eq!(verdicts(&old, &new), [sent, received], "{old} -> {new}");
    }
}

#[test]
fn changes_are_rendered_as_messages() {
    let old = description(
        &object(&json!({"amount": {"type": "integer"}})),
        &json!({"type": "string"}),
    );
    let mut new = old.clone();
    new["resources"]["creature"]["actions"]["feed"]["payload"]["properties"]["amount"] =
        json!({"type": "string"});
    new["resources"]["creature"]["record"]["properties"]["kind"] = json!({"type": "string"});
    new["resources"]["creature"]["events"] = json!({});
    new["resources"]["album"] = json!({});
    let reported: Vec<_> = compare(&old, &new)
        .expect("two descriptions")
        .changes
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "compatible: creature record.kind is new",
        "breaking: creature feed payload.amount is now a string, was an integer",
        "breaking: creature event roared was removed",
        "compatible: album is new",
    ];
    assert_eq!(reported, expected);
}

#[test]
fn change_inside_recursive_type_is_found() {
    let old = description(&json!({}), &json!({}));
    let mut new = old.clone();
    new["$defs"]["Roar"]["properties"]["loud"] = json!({"type": "integer"});
    let compared = compare(&old, &new).expect("two descriptions");
    assert_eq!(compared.verdict, Verdict::Breaking);
    assert_eq!(
        compare(&new, &new).expect("a description").verdict,
        Verdict::Same
    );
}

#[test]
fn invalid_description_is_rejected_with_reason() {
    let well = description(&json!({}), &json!({}));
    for (given, why) in [
        (json!(7), "`resources`"),
        (json!({"resources": []}), "`resources`"),
        (
            json!({"resources": {"creature": 7}}),
            "`actions` of `creature`",
        ),
        (
            json!({"resources": {"creature": {"actions": {}}}}),
            "`events` of `creature`",
        ),
        (
            description(&json!({"$ref": "#/$defs/Nowhere"}), &json!({})),
            "does not exist",
        ),
        (
            description(
                &json!({"$ref": "#/resources/creature/actions/feed/payload"}),
                &json!({}),
            ),
            "endlessly",
        ),
        (description(&json!(7), &json!({})), "is not a schema"),
    ] {
        let reported = compare(&given, &well).expect_err("not a description");
        assert!(reported.contains(why), "{given}: {reported}");
    }
}

#[test]
fn oversized_comparison_is_rejected() {
    let mut defs = json!({"0": {"type": "string"}});
    for at in 1..40 {
        let below = json!({"$ref": format!("#/$defs/{}", at - 1)});
        defs[at.to_string()] = json!({"type": "array", "prefixItems": [below, below]});
    }
    let mut bomb = description(&json!({"$ref": "#/$defs/30"}), &json!({}));
    bomb["$defs"] = defs;
    let reported = compare(&bomb, &bomb).expect_err("a billion pairs");
    assert!(reported.contains("too large"), "{reported}");
}

/// Returns whether comparing a description with itself succeeds, and the number of steps used.
fn steps(description: &Value) -> (bool, u32) {
    let mut work = StepBudget::limited(usize::MAX, Arc::default());
    let all = work.left();
    let compared = compare_within(description, description, &mut work);
    (compared.is_ok(), all - work.left())
}

#[test]
fn alternatives_share_one_large_schema() {
    // 1,100 alternatives of a schema with a list of 19,000 items.
    let items: Vec<_> = (0..19_000).collect();
    let mut large = description(&json!({"$ref": "#/$defs/many"}), &json!({}));
    let one = json!({"$ref": "#/$defs/one"});
    large["$defs"] = json!({
        "one": {"type": "object", "x": items, "anyOf": [{"type": "object"}]},
        "many": {"anyOf": vec![one; 1_100]},
    });
    let (is_done, steps) = steps(&large);
    assert!(!is_done || steps < 200_000, "{steps}");
    // Nothing is copied: each alternative is only a list of references.
    let mut work = StepBudget::limited(usize::MAX, Arc::default());
    let many = &large["$defs"]["many"];
    let arms = arms::arms(&large, many, &mut work).expect("alternatives");
    assert_eq!(arms.len(), 1_100);
    for arm in &arms {
        let arms::Arm::Typed(typed) = arm else {
            panic!("{arm:?}");
        };
        assert_eq!(typed.keywords.weight(), 2);
    }
}

#[test]
fn large_values_are_charged_by_size() {
    let text = "x".repeat(20_000);
    let of = |values: Vec<Value>| description(&json!({"enum": values}), &json!({}));
    let few: Vec<_> = (0..20).map(|n| json!([n, "x"])).collect();
    let large: Vec<_> = (0..20).map(|n| json!([text, n])).collect();
    let ((is_done, few), (_, large)) = (steps(&of(few)), steps(&of(large)));
    assert!(is_done && large > 20 * few, "{few} {large}");
}

#[test]
fn quoted_parts_of_a_difference_are_short() {
    let name = "n".repeat(20_000);
    let nested = |value: Value| {
        let inner = json!({"type": "object", "properties": {name.clone(): value}});
        json!({"type": "array", "items": {"type": "object", "properties": {name.clone(): inner}}})
    };
    let old = description(&nested(json!({"const": name})), &json!({}));
    let new = description(&nested(json!({"type": "integer"})), &json!({}));
    let compared = compare(&old, &new).expect("two descriptions");
    assert_eq!(compared.verdict, Verdict::Breaking);
    let message = &compared.changes[0].message;
    assert!(message.len() < 400 && message.contains('…'), "{message}");
}

#[test]
fn cancelled_comparison_stops_early() {
    let cancelled = Arc::new(AtomicBool::new(true));
    let some = description(&json!({"type": "string"}), &json!({}));
    let mut work = StepBudget::limited(usize::MAX, cancelled);
    let all = work.left();
    assert!(compare_within(&some, &some, &mut work).is_err());
    assert!(all - work.left() < 10);
}

/// Generates schemas of all kinds.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "integer", "minimum": 0})),
        Just(json!({"type": ["string", "null"], "format": "u64"})),
        Just(json!({"enum": ["a", "b", 1]})),
        Just(json!(true)),
        Just(json!({"$ref": "#/$defs/Roar"})),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| json!({"anyOf": all})),
            inner
                .clone()
                .prop_map(|it| json!({"type": "array", "items": it})),
            inner
                .clone()
                .prop_map(|it| json!({"type": "object", "additionalProperties": it})),
            prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|all| object(&json!(all))),
        ]
    })
}

proptest! {
    #[test]
    fn description_compares_equal_to_itself(payload in schema(), result in schema()) {
        let one = description(&payload, &result);
        prop_assert_eq!(compare(&one, &one).expect("a description").changes, vec![]);
    }

    #[test]
    fn removal_is_breaking(payload in schema(), at in 0..5_usize) {
        let old = description(&object(&json!({"amount": payload})), &object(&json!({"fed": payload})));
        let mut new = old.clone();
        let creature = &mut new["resources"]["creature"];
        let (place, name) = [
            ("/actions", "feed"),
            ("/actions", "find"),
            ("/events", "roared"),
            ("/record/properties", "life"),
            ("/actions/feed/payload/properties", "amount"),
        ][at];
        let removed = creature.pointer_mut(place).and_then(Value::as_object_mut).and_then(|it| it.remove(name));
        prop_assert!(removed.is_some());
        prop_assert_eq!(compare(&old, &new).expect("two descriptions").verdict, Verdict::Breaking);
        // A property removed in one direction is new in the other.
        prop_assert!(compare(&new, &old).expect("two descriptions").changes.iter().any(|it| it.message.starts_with("is new")));
    }
}
