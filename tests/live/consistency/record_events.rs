//! The event of each kind of write: created, updated, destroyed, or none.

use super::*;

/// Does writes one after the other; each is told as it says, or not at all.
async fn each_is_told(begin: &[Value], writes: &[(&str, Value, &str)]) {
    let (server, mut client) = start().await;
    for creature in begin {
        client.ok("creature", "create", creature.clone()).await;
    }
    let mut subscriber = Subscriber::of(&server, [creatures(json!({"life": {"$gt": 5}}))]).await;
    for (action, payload, expected) in writes {
        client.ok("creature", action, payload.clone()).await;
        let told = subscriber.received().await;
        let expected: Vec<_> = expected.split(", ").filter(|it| !it.is_empty()).collect();
        assert_eq!(told, expected, "{action} {payload}");
    }
    subscriber.conclude().await;
}

fn of(id: &str, life: i64) -> Value {
    json!({"id": id, "life": life})
}

#[tokio::test]
async fn create_is_reported_if_it_matches() {
    let writes = [
        ("create", of("bob", 6), "created bob"),
        ("create", of("eve", 5), ""),
    ];
    each_is_told(&[], &writes).await;
}

#[tokio::test]
async fn update_is_reported_by_match_before_and_after() {
    let writes = [
        ("update", of("bob", 4), ""),
        ("update", of("bob", 6), "created bob"),
        ("update", of("bob", 7), "updated bob"),
        ("update", json!({"id": "bob", "kind": "cat"}), "updated bob"),
        ("update", of("bob", 5), "left bob"),
        ("update", of("bob", 3), ""),
    ];
    each_is_told(&[of("bob", 3)], &writes).await;
}

#[tokio::test]
async fn save_is_reported_like_create_or_update() {
    let writes = [
        ("save", of("bob", 6), "created bob"),
        ("save", of("bob", 7), "updated bob"),
        ("save", of("bob", 5), "left bob"),
        ("save", of("bob", 4), ""),
        ("save", of("eve", 4), ""),
        // What is left out becomes its default.
        ("save", json!({"id": "eve"}), "created eve"),
    ];
    each_is_told(&[], &writes).await;
}

#[tokio::test]
async fn method_is_reported_by_its_effect() {
    let fed = |amount: i64| json!({"id": "bob", "amount": amount});
    let writes = [
        ("feed", fed(1), ""),
        ("feed", fed(2), "created bob"),
        ("feed", fed(1), "updated bob"),
        ("feed", fed(-2), "left bob"),
    ];
    each_is_told(&[of("bob", 3)], &writes).await;
}

#[tokio::test]
async fn destroy_is_reported_if_it_matched() {
    let writes = [
        ("destroy", json!({"id": "eve"}), ""),
        ("destroy", json!({"id": "bob"}), "roared bob, destroyed bob"),
        ("create", of("bob", 9), "created bob"),
    ];
    each_is_told(&[of("bob", 6), of("eve", 5)], &writes).await;
}

#[tokio::test]
async fn change_of_a_private_property_is_reported() {
    let whisper = json!({"id": "bob", "secret": "gold"});
    let writes = [
        ("whisper", whisper.clone(), "updated bob"),
        // Nothing changes: there is no commit.
        ("whisper", whisper, ""),
        ("update", of("bob", 6), ""),
    ];
    each_is_told(&[of("bob", 6)], &writes).await;
}

#[tokio::test]
async fn rejected_write_is_not_reported() {
    let (server, mut writer) = start().await;
    writer.ok("creature", "create", of("bob", 6)).await;
    let mut subscriber = Subscriber::of(&server, [creatures(json!({}))]).await;
    for (action, payload) in [
        ("create", of("bob", 7)),
        ("update", of("eve", 7)),
        ("update", json!({"id": "bob", "life": "much"})),
        ("destroy", json!({"id": "eve"})),
    ] {
        writer.err("creature", action, payload).await;
    }
    let taken = json!([
        ["creature", "create", of("kim", 1)],
        ["creature", "create", of("bob", 1)]
    ]);
    writer.err("sockful", "commit", taken).await;
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
    writer.ok("creature", "create", of("bob", 6)).await;
    writer
        .ok("creature", "update", json!({"id": "bob", "mood": "grim"}))
        .await;
    writer.ok("creature", "update", of("bob", 7)).await;
    writer.ok("creature", "update", of("bob", 2)).await;
    let expected = ["created bob", "updated bob", "updated bob", "left bob"];
    assert_eq!(subscriber.received().await, expected);
    subscriber.conclude().await;
}
