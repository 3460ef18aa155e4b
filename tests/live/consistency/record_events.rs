//! The event of each kind of write: created, updated, destroyed, or none.

use super::*;

/// Does the writes one after the other and compares the events of each with the expected ones.
async fn assert_events(begin: &[Value], writes: &[(&str, Value, &str)]) {
    let (server, mut client) = start().await;
    for record in begin {
        client.ok("creature", "create", record.clone()).await;
    }
    let mut subscriber = Subscriber::of(&server, [creatures(json!({"life": {"$gt": 5}}))]).await;
    for (action, payload, expected) in writes {
        client.ok("creature", action, payload.clone()).await;
        let events = subscriber.received().await;
        let expected: Vec<_> = expected.split(", ").filter(|it| !it.is_empty()).collect();
        assert_eq!(events, expected, "{action} {payload}");
    }
    subscriber.conclude().await;
}

fn creature(id: &str, life: i64) -> Value {
    json!({"id": id, "life": life})
}

#[tokio::test]
async fn create_is_reported_if_it_matches() {
    let writes = [
        ("create", creature("bob", 6), "created bob"),
        ("create", creature("eve", 5), ""),
    ];
    assert_events(&[], &writes).await;
}

#[tokio::test]
async fn update_is_reported_by_match_before_and_after() {
    let writes = [
        ("update", creature("bob", 4), ""),
        ("update", creature("bob", 6), "created bob"),
        ("update", creature("bob", 7), "updated bob"),
        ("update", json!({"id": "bob", "kind": "cat"}), "updated bob"),
        ("update", creature("bob", 5), "left bob"),
        ("update", creature("bob", 3), ""),
    ];
    assert_events(&[creature("bob", 3)], &writes).await;
}

#[tokio::test]
async fn save_is_reported_like_create_or_update() {
    let writes = [
        ("save", creature("bob", 6), "created bob"),
        ("save", creature("bob", 7), "updated bob"),
        ("save", creature("bob", 5), "left bob"),
        ("save", creature("bob", 4), ""),
        ("save", creature("eve", 4), ""),
        // Omitted properties are set to their defaults.
        ("save", json!({"id": "eve"}), "created eve"),
    ];
    assert_events(&[], &writes).await;
}

#[tokio::test]
async fn method_is_reported_by_its_effect() {
    let feed = |amount: i64| json!({"id": "bob", "amount": amount});
    let writes = [
        ("feed", feed(1), ""),
        ("feed", feed(2), "created bob"),
        ("feed", feed(1), "updated bob"),
        ("feed", feed(-2), "left bob"),
    ];
    assert_events(&[creature("bob", 3)], &writes).await;
}

#[tokio::test]
async fn destroy_is_reported_if_it_matched() {
    let writes = [
        ("destroy", json!({"id": "eve"}), ""),
        ("destroy", json!({"id": "bob"}), "roared bob, destroyed bob"),
        ("create", creature("bob", 9), "created bob"),
    ];
    assert_events(&[creature("bob", 6), creature("eve", 5)], &writes).await;
}

#[tokio::test]
async fn change_of_a_private_property_is_reported() {
    let whisper = json!({"id": "bob", "secret": "gold"});
    let writes = [
        ("whisper", whisper.clone(), "updated bob"),
        // Nothing changes, so there is no commit.
        ("whisper", whisper, ""),
        ("update", creature("bob", 6), ""),
    ];
    assert_events(&[creature("bob", 6)], &writes).await;
}

#[tokio::test]
async fn rejected_write_is_not_reported() {
    let (server, mut writer) = start().await;
    writer.ok("creature", "create", creature("bob", 6)).await;
    let mut subscriber = Subscriber::of(&server, [creatures(json!({}))]).await;
    for (action, payload) in [
        ("create", creature("bob", 7)),
        ("update", creature("eve", 7)),
        ("update", json!({"id": "bob", "life": "much"})),
        ("destroy", json!({"id": "eve"})),
    ] {
        writer.err("creature", action, payload).await;
    }
    let with_conflict = json!([
        ["creature", "create", creature("kim", 1)],
        ["creature", "create", creature("bob", 1)]
    ]);
    writer.err("sockful", "commit", with_conflict).await;
    assert_eq!(subscriber.received().await, [""; 0]);
    subscriber.conclude().await;
}

#[tokio::test]
async fn every_change_is_sent_with_selected_properties() {
    let (server, mut writer) = start().await;
    let query = LiveQuery {
        select: Some(vec!["id", "mood"]),
        ..creatures(json!({"life": {"$gt": 5}}))
    };
    let mut subscriber = Subscriber::of(&server, [query]).await;
    writer.ok("creature", "create", creature("bob", 6)).await;
    writer
        .ok("creature", "update", json!({"id": "bob", "mood": "grim"}))
        .await;
    writer.ok("creature", "update", creature("bob", 7)).await;
    writer.ok("creature", "update", creature("bob", 2)).await;
    let expected = ["created bob", "updated bob", "updated bob", "left bob"];
    assert_eq!(subscriber.received().await, expected);
    subscriber.conclude().await;
}
