//! Initial results, and rejected subscriptions.

use super::{event, events, frames_up_to_head, start, start_with, subscribe};
use serde_json::{Value, json};

#[tokio::test]
async fn events_have_selected_properties_and_the_id() {
    let server = start().await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    let reply = subscribe(&mut client, 7, json!({"$select": ["life"]})).await;
    assert_eq!(reply["ok"]["records"], json!([{"life": 10}]));
    client.ok("creature", "feed", json!({"id": "bob"})).await;
    let frames = frames_up_to_head(&mut client).await;
    assert_eq!(frames[0][2]["id"], "bob");
    assert_eq!(frames[0][2]["record"], json!({"life": 11}));
}

#[tokio::test]
async fn absent_record_can_be_subscribed_by_id() {
    let server = start().await;
    let mut client = server.client().await;
    let reply = subscribe(&mut client, 7, json!({"id": "bob"})).await;
    assert_eq!(reply["ok"]["records"], json!([]));
    for id in ["eve", "bob"] {
        client.ok("creature", "create", json!({"id": id})).await;
    }
    assert_eq!(events(&mut client).await, [event(7, "created", "bob")]);
}

#[tokio::test]
async fn invalid_subscription_is_rejected_with_its_path() {
    let server = start().await;
    let mut client = server.client().await;
    let from = |from| json!({"$from": from});
    for (payload, path) in [
        (json!({"$sort": {"life": 1}}), "$sort"),
        (json!({"$limit": 0}), "$limit"),
        (json!({"$limit": 1_001}), "$limit"),
        (json!({"$limit": 1, "$sort": {"secret": 1}}), "$sort.secret"),
        (json!({"$skip": 1}), "$skip"),
        (json!({"$after": "x"}), "$after"),
        (json!({"$with": ["songs"]}), "$with"),
        (json!({"$select": ["nothing"]}), "$select[0]"),
        (json!({"secret": "hush"}), "secret"),
        (json!({"life": {"$gt": "much"}}), "life.$gt"),
        (from(json!(7)), "$from"),
        (from(json!({"seq": 7})), "$from.resume"),
        (from(json!({"resume": 7, "seq": 7})), "$from.resume"),
        (from(json!({"resume": "x"})), "$from.seq"),
        (from(json!({"resume": "x", "seq": -1})), "$from.seq"),
        (
            from(json!({"resume": "x", "seq": 1, "tag": 1})),
            "$from.tag",
        ),
    ] {
        let error = client.err("creature", "subscribe", payload).await;
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!("invalid_query"), &json!(path))
        );
    }
    for option in [
        json!({"key": "01a0c4c5-6c00-7000-8000-000000000000"}),
        json!({"if_rev": 1}),
    ] {
        let frame = json!(["creature", "subscribe", {}, 7, option]);
        assert_eq!(client.ask(frame).await[2]["err"]["code"], "invalid");
    }
    // No subscription is left.
    client.ok("creature", "create", json!({"id": "bob"})).await;
    assert_eq!(frames_up_to_head(&mut client).await, [Value::Null; 0]);
}

#[tokio::test]
async fn subscription_needs_a_unique_ack_id() {
    let server = start().await;
    let mut client = server.client().await;
    subscribe(&mut client, 7, json!({})).await;
    let again = subscribe(&mut client, 7, json!({"kind": "cat"})).await;
    assert_eq!(again["err"]["code"], "conflict");
    let without_ack_id = client.ask(json!(["creature", "subscribe", {}])).await;
    assert_eq!(without_ack_id[2]["err"]["code"], "bad_frame");
    // `7` and `"7"` are different ack ids, and each connection has its own ack ids.
    let text = client.ask(json!(["creature", "subscribe", {}, "7"])).await;
    assert_eq!(text[2]["ok"]["records"], json!([]));
    let mut other = server.client().await;
    assert_eq!(subscribe(&mut other, 7, json!({})).await["seq"], 0);
    client.ok("creature", "create", json!({"id": "bob"})).await;
    let frames = frames_up_to_head(&mut client).await;
    let acks: Vec<_> = frames.iter().map(|frame| frame[3].clone()).collect();
    assert_eq!(acks, [json!(7), json!("7")]);
}

#[tokio::test]
async fn unserved_action_cannot_be_subscribed() {
    let server = start().await;
    let mut client = server.client().await;
    let code = client.code("secret", "subscribe", json!({})).await;
    assert_eq!(code, "unknown_action");
}

#[tokio::test]
async fn subscription_limits_are_reported_by_name() {
    let server = start_with(|config| {
        config.live.max_subscriptions = 2;
        config.live.max_subscription_records = 3;
        config.live.max_snapshot = 2_000;
        config.live.max_scanned_groups = 1;
    });
    let server = server.await;
    let (mut client, mut other) = (server.client().await, server.client().await);
    let hello = server.client_before_hello().await.recv().await;
    assert_eq!(hello[2]["limits"]["max_subscriptions"], 2);
    for id in 0..4 {
        let bio = "x".repeat(if id < 3 { 10 } else { 1_960 });
        let creature = json!({"id": id.to_string(), "bio": bio, "life": id});
        client.ok("creature", "create", creature).await;
    }
    let limit = |reply: &Value| (reply["err"]["code"].clone(), reply["err"]["limit"].clone());
    let expected =
        |code: &str, name: &str, value: u64| (json!(code), json!({"name": name, "value": value}));
    let all = subscribe(&mut client, 1, json!({})).await;
    assert_eq!(
        limit(&all),
        expected("too_large", "max_subscription_records", 3)
    );
    let two = subscribe(&mut client, 1, json!({"id": {"$in": ["2", "3"]}})).await;
    assert_eq!(limit(&two), expected("too_large", "max_snapshot", 2_000));

    assert!(subscribe(&mut client, 1, json!({"life": {"$lt": 2}})).await["ok"].is_object());
    let another = subscribe(&mut client, 2, json!({"life": {"$lt": 3}})).await;
    assert_eq!(
        limit(&another),
        expected("too_many", "max_scanned_groups", 1)
    );
    // A query with the same conditions joins the group, and a query for a value is not scanned.
    assert!(subscribe(&mut other, 1, json!({"life": {"$lt": 2}})).await["ok"].is_object());
    assert!(subscribe(&mut client, 2, json!({"life": 1})).await["ok"].is_object());
    let third = subscribe(&mut client, 3, json!({"life": 2})).await;
    assert_eq!(limit(&third), expected("too_many", "max_subscriptions", 2));
    client
        .ok("creature", "unsubscribe", json!({"subscription": 1}))
        .await;
    assert!(subscribe(&mut client, 3, json!({"life": 2})).await["ok"].is_object());
}

#[tokio::test]
async fn large_snapshot_is_chunked_before_any_change() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    for n in 0..40 {
        let creature = json!({"id": format!("{n:02}"), "bio": "x".repeat(20_000)});
        writer.ok("creature", "create", creature).await;
    }
    let writing = tokio::spawn(async move {
        for _ in 0..200 {
            writer.ok("creature", "feed", json!({"id": "39"})).await;
        }
    });
    let reply = subscribe(&mut client, 7, json!({})).await;
    let (mut records, mut more) = (reply["ok"]["records"].clone(), reply["more"] == true);
    assert!(more);
    let mut parts = 1;
    while more {
        let mut frame = client.recv().await;
        assert_eq!((&frame[1], &frame[3]), (&json!("records"), &json!(7)));
        assert_eq!(frame[2]["seq"], reply["seq"]);
        more = frame[2]["more"] == true;
        let part = frame[2]["records"].as_array_mut().expect("a list");
        records.as_array_mut().expect("a list").append(part);
        parts += 1;
    }
    assert!((13..20).contains(&parts), "{parts}");
    assert_eq!(records.as_array().map(Vec::len), Some(40));
    let mut life = records[39]["life"].as_i64().expect("an integer");
    writing.await.expect("the writer does not fail");
    for frame in frames_up_to_head(&mut client).await {
        assert_eq!(frame[1], "updated");
        let now = frame[2]["record"]["life"].as_i64().expect("a number");
        assert!(
            now == life + 1 || frame[2]["folded"] == true,
            "{life} {now}"
        );
        life = now;
    }
    assert_eq!(life, 210);
}
