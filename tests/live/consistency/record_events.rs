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
async fn what_is_created_comes_in_or_does_not() {
    let writes = [
        ("create", of("bob", 6), "created bob"),
        ("create", of("eve", 5), ""),
    ];
    each_is_told(&[], &writes).await;
}

#[tokio::test]
async fn an_update_comes_in_stays_leaves_and_stays_out() {
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
async fn what_is_saved_is_told_like_what_is_created_or_updated() {
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
async fn a_method_is_told_by_what_it_leaves() {
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
async fn what_is_destroyed_is_told_where_it_was_in() {
    let writes = [
        ("destroy", json!({"id": "eve"}), ""),
        ("destroy", json!({"id": "bob"}), "roared bob, destroyed bob"),
        ("create", of("bob", 9), "created bob"),
    ];
    each_is_told(&[of("bob", 6), of("eve", 5)], &writes).await;
}

#[tokio::test]
async fn a_change_that_nobody_sees_is_a_change_all_the_same() {
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
async fn what_is_refused_is_not_told() {
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
async fn only_what_is_selected_is_told_of_and_every_change_is() {
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
