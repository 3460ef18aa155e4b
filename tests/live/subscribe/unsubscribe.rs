//! Ending a subscription.

use super::{event, events, frames_up_to_head, start, subscribe};
use serde_json::{Value, json};

#[tokio::test]
async fn no_event_follows_the_reply_to_unsubscribe() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    subscribe(&mut client, 7, json!({})).await;
    subscribe(&mut client, 8, json!({})).await;
    for round in 0..50 {
        let id = format!("bob {round}");
        writer.ok("creature", "create", json!({"id": id})).await;
        client
            .send(json!(["creature", "unsubscribe", {"subscription": 7}, 1]))
            .await;
        // Events that were already queued precede the reply.
        while client.recv().await[3] != 1 {}
        writer.ok("creature", "feed", json!({"id": id})).await;
        let frames = frames_up_to_head(&mut client).await;
        assert!(frames.iter().all(|frame| frame[3] == 8), "{frames:?}");
        subscribe(&mut client, 7, json!({})).await;
    }
}

#[tokio::test]
async fn unknown_subscription_cannot_be_unsubscribed() {
    let server = start().await;
    let (mut client, mut other) = (server.client().await, server.client().await);
    subscribe(&mut other, 7, json!({})).await;
    let end = |which: Value| json!({"subscription": which});
    let not_found = client.code("creature", "unsubscribe", end(json!(7))).await;
    assert_eq!(not_found, "not_found");
    subscribe(&mut client, 7, json!({})).await;
    for (resource, payload, code) in [
        ("creature", end(json!("7")), "not_found"),
        ("song", end(json!(7)), "not_found"),
        ("creature", json!({}), "invalid"),
        ("creature", json!(null), "invalid"),
        ("creature", end(json!({})), "invalid"),
        ("creature", end(json!(-1)), "invalid"),
        ("creature", json!({"subscription": 7, "id": 7}), "invalid"),
    ] {
        assert_eq!(client.code(resource, "unsubscribe", payload).await, code);
    }
    client.ok("creature", "create", json!({"id": "bob"})).await;
    assert_eq!(events(&mut client).await, [event(7, "created", "bob")]);
    assert_eq!(
        client.ok("creature", "unsubscribe", end(json!(7))).await,
        Value::Null
    );
    let again = client.code("creature", "unsubscribe", end(json!(7))).await;
    assert_eq!(again, "not_found");
}

#[tokio::test]
async fn unsubscribe_without_ack_id_ends_subscription() {
    let server = start().await;
    let mut client = server.client().await;
    subscribe(&mut client, 7, json!({})).await;
    client
        .send(json!(["creature", "unsubscribe", {"subscription": 7}]))
        .await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    assert_eq!(frames_up_to_head(&mut client).await, [Value::Null; 0]);
}

#[tokio::test]
async fn unsubscribe_waits_for_a_pending_subscribe() {
    let server = start().await;
    let mut client = server.client().await;
    for n in 0..1_500 {
        let frame = json!(["creature", "create", {"id": format!("{n}")}]);
        client.send(frame).await;
    }
    client.assert_alive().await;
    // Reading so many records takes a while, so the server does it in a separate task.
    client
        .send_all([
            json!(["creature", "subscribe", {}, 7]),
            json!(["creature", "unsubscribe", {"subscription": 7}, 8]),
        ])
        .await;
    let initial = client.recv().await;
    assert_eq!(initial[3], 7);
    loop {
        let frame = client.recv().await;
        if frame[3] == 8 {
            assert_eq!(frame[2]["ok"], Value::Null, "{frame}");
            break;
        }
    }
    client.ok("creature", "feed", json!({"id": "7"})).await;
    assert_eq!(frames_up_to_head(&mut client).await, [Value::Null; 0]);
}

#[tokio::test]
async fn shutdown_closes_connections_with_subscriptions() {
    let mut server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    subscribe(&mut client, 7, json!({})).await;
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    assert_eq!(events(&mut client).await, [event(7, "created", "bob")]);
    server.stop();
    let (frames, code) = client.rest().await;
    assert_eq!((frames, code), (Vec::new(), Some(1001)));
    drop(writer);
    server.stopped().await;
}
