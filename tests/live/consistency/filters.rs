//! Subscriptions with every kind of filter.

use super::*;

/// Subscribes with each of the conditions, and writes records that start and stop matching them.
async fn assert_events_follow(conditions: &[Value]) {
    let (server, mut writer) = start().await;
    let queries = conditions.iter().map(|it| creatures(it.clone()));
    let mut subscriber = Subscriber::of(&server, queries).await;
    for (id, kind) in [("bob", "dragon"), ("eve", "cat"), ("kim", "dragonfly")] {
        let creature = json!({"id": id, "kind": kind, "life": 5});
        writer.ok("creature", "create", creature).await;
        for change in [
            json!({"life": 6}),
            json!({"life": 4, "mood": "grim"}),
            json!({"mood": "", "weight": -0.0}),
            json!({"weight": 5.5, "tame": true}),
            json!({"kind": "dragon", "weight": null}),
            json!({"kind": "Dragon", "mood": null, "tame": false}),
            json!({"kind": "cat", "life": 5}),
        ] {
            let mut change = change;
            change["id"] = id.into();
            writer.ok("creature", "update", change).await;
        }
    }
    writer.ok("creature", "destroy", json!({"id": "eve"})).await;
    let all_counts = subscriber.conclude().await;
    for (counts, conditions) in all_counts.iter().zip(conditions) {
        assert!(counts.commits > 0, "no event for {conditions}");
    }
}

#[tokio::test]
async fn subscription_filters_by_id() {
    assert_events_follow(&[
        json!({}),
        json!({"id": "bob"}),
        json!({"id": {"$in": ["eve", "bob"]}}),
    ])
    .await;
}

#[tokio::test]
async fn subscription_filters_by_value_and_list() {
    assert_events_follow(&[
        json!({"kind": "dragon"}),
        json!({"mood": null}),
        json!({"mood": {"$ne": null}}),
        json!({"tame": true}),
        json!({"weight": 0}),
        json!({"life": {"$in": [4, 6]}}),
        json!({"kind": {"$nin": ["dragon", "cat"]}}),
        json!({"mood": {"$in": [null, ""]}}),
    ])
    .await;
}

#[tokio::test]
async fn subscription_filters_by_range_and_prefix() {
    assert_events_follow(&[
        json!({"life": {"$gt": 5}}),
        json!({"life": {"$gte": 5}}),
        json!({"life": {"$lt": 5}}),
        json!({"life": {"$lte": 5, "$gt": 4}}),
        json!({"weight": {"$lt": 1}}),
        json!({"kind": {"$prefix": "dragon"}}),
        json!({"mood": {"$prefix": ""}}),
    ])
    .await;
}

#[tokio::test]
async fn subscription_filters_by_nested_conditions() {
    assert_events_follow(&[
        json!({"$or": [{"kind": "cat"}, {"life": {"$lt": 5}}]}),
        json!({"$and": [{"kind": "dragon"}, {"life": 4}]}),
        json!({"$not": {"kind": "dragon", "tame": true}}),
        json!({"$or": [{"id": "bob"}, {"$not": {"mood": null}}], "tame": false}),
        json!({"kind": "cat", "$or": [{"kind": "dragon"}, {"life": {"$gte": 5}}]}),
    ])
    .await;
}
