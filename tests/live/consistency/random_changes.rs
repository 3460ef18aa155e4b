//! Random filters, records and updates.

use super::*;
use crate::support::for_random_values;
use proptest::prelude::*;

fn kind() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("cat"), Just("dragon"), Just("dragonfly"), Just("")]
}

fn mood() -> impl Strategy<Value = Value> {
    prop_oneof![Just(json!(null)), Just(json!("")), Just(json!("grim"))]
}

fn weight() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(-0.0)),
        Just(json!(0.5)),
        Just(json!(2))
    ]
}

fn id() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("a"), Just("b"), Just("c")]
}

/// A property, and a value that it is compared with.
fn compared() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        kind().prop_map(|it| ("kind", json!(it))),
        (0..6_i64).prop_map(|it| ("life", json!(it))),
        mood().prop_map(|it| ("mood", it)),
        weight().prop_map(|it| ("weight", it)),
        any::<bool>().prop_map(|it| ("tame", json!(it))),
        id().prop_map(|it| ("id", json!(it))),
    ]
}

fn term() -> impl Strategy<Value = Value> {
    let operator = prop_oneof![
        Just(""),
        Just("$ne"),
        Just("$gt"),
        Just("$gte"),
        Just("$lt"),
        Just("$lte"),
        Just("$in"),
        Just("$nin"),
        Just("$prefix"),
    ];
    (compared(), operator).prop_map(|((property, value), operator)| match operator {
        "$prefix" if !value.is_string() => json!({property: value}),
        "" => json!({property: value}),
        // Null cannot be ordered.
        "$gt" | "$gte" | "$lt" | "$lte" if value.is_null() => json!({property: value}),
        "$in" | "$nin" => json!({property: {operator: [value]}}),
        _ => json!({property: {operator: value}}),
    })
}

fn conditions() -> impl Strategy<Value = Value> {
    let inner = prop_oneof![1 => Just(json!({})), 8 => term()];
    inner.prop_recursive(2, 6, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            some.clone().prop_map(|it| json!({"$or": it})),
            some.prop_map(|it| json!({"$and": it})),
            inner.prop_map(|it| json!({"$not": it})),
        ]
    })
}

fn write() -> impl Strategy<Value = Value> {
    let creature = (id(), kind(), 0..6_i64, mood(), weight(), any::<bool>());
    let creature = creature.prop_map(|(id, kind, life, mood, weight, tame)| {
        json!({"id": id, "kind": kind, "life": life, "mood": mood, "weight": weight, "tame": tame})
    });
    let update = (id(), compared()).prop_map(|(id, (property, value))| {
        let mut payload = json!({"id": id});
        if property != "id" {
            payload[property] = value;
        }
        json!(["creature", "update", payload])
    });
    prop_oneof![
        creature.prop_map(|it| json!(["creature", "save", it])),
        update,
        id().prop_map(|id| json!(["creature", "destroy", {"id": id}])),
    ]
}

/// Single writes and batches of several writes.
fn writes() -> impl Strategy<Value = Vec<Vec<Value>>> {
    prop::collection::vec(prop::collection::vec(write(), 1..4), 1..12)
}

#[test]
fn random_filters_and_writes_follow_the_model() {
    let inputs = (
        prop::collection::vec(conditions(), 1..5),
        writes(),
        writes(),
    );
    for_random_values(
        150,
        &inputs,
        start,
        async |(server, writer), (conditions, first, second)| {
            let queries = conditions.into_iter().map(creatures);
            let mut subscriber = Subscriber::of(server, queries).await;
            for (nth, batches) in [first, second].into_iter().enumerate() {
                if nth == 1 {
                    subscriber.cut();
                }
                for batch in batches {
                    // Some writes are rejected because a record is missing or appears twice.
                    if let [write] = &*batch {
                        let mut frame = write.clone();
                        frame.as_array_mut().expect("a frame").push(1.into());
                        writer.ask(frame).await;
                    } else {
                        writer.reply("sockful", "commit", batch.into()).await;
                    }
                }
                if nth == 1 {
                    subscriber.begin().await;
                }
                subscriber.conclude().await;
            }
            Ok(())
        },
    );
}
