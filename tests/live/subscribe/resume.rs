//! Resuming a subscription after a disconnect.

use super::{event, events, start, start_with, subscribe, told};
use crate::support::{Client, TestServer};
use serde_json::{Value, json};

const DRAGONS: &str = "dragon";

/// Subscribes where another one was; the payload of the reply.
async fn resume(server: &TestServer, token: &Value, seq: u64, payload: Value) -> (Client, Value) {
    let mut client = server.client().await;
    let mut payload = payload;
    payload["$from"] = json!({"resume": token, "seq": seq});
    let reply = subscribe(&mut client, 9, payload).await;
    (client, reply)
}

#[tokio::test]
async fn a_subscription_goes_on_behind_the_commit_that_it_was_told_of_last() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let reply = subscribe(&mut client, 7, json!({"kind": DRAGONS})).await;
    drop(client);
    for id in ["bob", "eve", "kim"] {
        writer.ok("creature", "create", json!({"id": id})).await;
    }
    writer
        .ok("creature", "create", json!({"id": "tom", "kind": "cat"}))
        .await;
    let mut followers = Vec::new();
    for (seq, missed) in [(0, 3), (1, 2), (3, 0), (4, 0)] {
        let (mut client, reply) =
            resume(&server, &reply["resume"], seq, json!({"kind": DRAGONS})).await;
        assert_eq!(reply["ok"], json!({"resumed": true}), "{reply}");
        assert_eq!(reply["seq"], seq);
        let ids = &["bob", "eve", "kim"][3 - missed..];
        let expected: Vec<_> = ids.iter().map(|id| event(9, "created", id)).collect();
        assert_eq!(events(&mut client).await, expected);
        followers.push(client);
    }
    writer.ok("creature", "feed", json!({"id": "bob"})).await;
    for mut client in followers {
        assert_eq!(events(&mut client).await, [event(9, "updated", "bob")]);
    }
}

#[tokio::test]
async fn the_position_may_be_that_of_a_ping() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let reply = subscribe(&mut client, 7, json!({"kind": DRAGONS})).await;
    for n in 0..5 {
        let cat = json!({"id": n.to_string(), "kind": "cat"});
        writer.ok("creature", "create", cat).await;
    }
    let seq = client.head().await;
    assert_eq!(seq, 5);
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let (mut client, _) = resume(&server, &reply["resume"], seq, json!({"kind": DRAGONS})).await;
    assert_eq!(events(&mut client).await, [event(9, "created", "bob")]);
}

#[tokio::test]
async fn what_is_not_the_same_begins_anew() {
    let server = start().await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    let payload = || json!({"kind": DRAGONS, "life": {"$gt": 1}, "$select": ["id", "life"]});
    let reply = subscribe(&mut client, 7, payload()).await;
    let token = &reply["resume"];
    let other = start().await;
    let mut same = other.client().await;
    same.ok("creature", "create", json!({"id": "bob"})).await;
    for (what, server, token, seq, payload) in [
        ("another history", &other, token.clone(), 1, payload()),
        (
            "conditions",
            &server,
            token.clone(),
            1,
            json!({"kind": DRAGONS, "$select": ["id", "life"]}),
        ),
        (
            "selection",
            &server,
            token.clone(),
            1,
            json!({"kind": DRAGONS, "life": {"$gt": 1}}),
        ),
        ("a number ahead", &server, token.clone(), 2, payload()),
        (
            "a number before the beginning",
            &server,
            token.clone(),
            0,
            payload(),
        ),
        ("no token", &server, json!("1-2-3"), 1, payload()),
        ("no token at all", &server, json!(""), 1, payload()),
    ] {
        let (_, reply) = resume(server, &token, seq, payload).await;
        assert_eq!(
            reply["ok"]["records"].as_array().map(Vec::len),
            Some(1),
            "{what}: {reply}"
        );
        assert_eq!(reply["seq"], 1, "{what}");
    }
    // However the conditions are ordered they are the same.
    let ordered = json!({"life": {"$gt": 1}, "$select": ["id", "life"], "kind": DRAGONS});
    let (_, reply) = resume(&server, token, 1, ordered).await;
    assert_eq!(reply["ok"], json!({"resumed": true}));
    // What was resumed can be again.
    let (_, again) = resume(&server, &reply["resume"], 1, payload()).await;
    assert_eq!(again["ok"], json!({"resumed": true}));
}

#[tokio::test]
async fn where_the_log_does_not_reach_back_the_records_come_afresh() {
    let server = start_with(|config| {
        config.store.log_capacity = 10_000;
        config.live.ring_capacity = 5_000;
    });
    let server = server.await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let reply = subscribe(&mut client, 7, json!({})).await;
    for _ in 0..100 {
        writer.ok("creature", "feed", json!({"id": "bob"})).await;
    }
    let (mut anew, reply) = resume(&server, &reply["resume"], 1, json!({})).await;
    assert_eq!(reply["ok"]["records"][0]["life"], 110);
    assert_eq!(reply["seq"], 101);
    assert_eq!(told(&mut anew).await, [Value::Null; 0]);
    // In the log, and no longer at hand.
    let (mut later, reply) = resume(&server, &reply["resume"], 101, json!({})).await;
    assert_eq!(reply["ok"], json!({"resumed": true}));
    assert_eq!(told(&mut later).await, [Value::Null; 0]);
}

#[tokio::test]
async fn many_missed_commits_are_told_as_one() {
    let server = start_with(|config| config.live.fold_after = 3).await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let reply = subscribe(&mut client, 7, json!({"kind": DRAGONS})).await;
    drop(client);
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    writer.ok("creature", "create", json!({"id": "eve"})).await;
    writer.ok("creature", "destroy", json!({"id": "eve"})).await;
    let (mut client, _) = resume(&server, &reply["resume"], 0, json!({"kind": DRAGONS})).await;
    let one_by_one = ["created", "created", "destroyed"];
    assert_eq!(
        events(&mut client)
            .await
            .iter()
            .map(|it| &*it.1)
            .collect::<Vec<_>>(),
        one_by_one
    );
    writer.ok("creature", "feed", json!({"id": "bob"})).await;
    let (mut client, _) = resume(&server, &reply["resume"], 0, json!({"kind": DRAGONS})).await;
    let frames = told(&mut client).await;
    assert_eq!(frames.len(), 1, "{frames:?}");
    assert_eq!(
        (&frames[0][1], &frames[0][2]["seq"]),
        (&json!("created"), &json!(4))
    );
    assert_eq!(frames[0][2]["folded"], true);
}
