//! Delivery of declared events to subscribers.

use super::{event, events, frames_up_to_head, frames_without_proofs, start, subscribe};
use serde_json::{Value, json};

#[tokio::test]
async fn emitted_event_reaches_matching_subscribers() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    for (id, kind) in [("bob", "dragon"), ("eve", "dragon"), ("tom", "cat")] {
        writer
            .ok("creature", "create", json!({"id": id, "kind": kind}))
            .await;
    }
    subscribe(&mut client, 7, json!({"kind": "dragon"})).await;
    subscribe(&mut client, 8, json!({"kind": "cat"})).await;
    let roar = json!({"id": "bob", "with": ["tom", "eve", "unknown"]});
    let seq = writer.reply("creature", "roar", roar).await["seq"].take();
    let frames = frames_without_proofs(&mut client).await;
    let roared = |id: &str, loudness: u8, ack: u64, more: bool| {
        let mut payload = json!({"id": id, "data": {"loudness": loudness}, "seq": seq});
        if more {
            payload["more"] = true.into();
        }
        json!(["creature", "roared", payload, ack])
    };
    let (mut dragon_frames, mut cat_frames) = (Vec::new(), Vec::new());
    for frame in frames {
        if frame[3] == 7 {
            dragon_frames.push(frame);
        } else {
            cat_frames.push(frame);
        }
    }
    assert_eq!(
        (&dragon_frames[0][1], &dragon_frames[0][2]["more"]),
        (&json!("updated"), &json!(true))
    );
    assert_eq!(
        dragon_frames[1..],
        [roared("bob", 9, 7, true), roared("eve", 3, 7, false)]
    );
    assert_eq!(cat_frames, [roared("tom", 3, 8, false)]);
}

#[tokio::test]
async fn broadcast_event_has_no_seq_and_is_not_logged() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let reply = subscribe(&mut client, 7, json!({"kind": "dragon"})).await;
    subscribe(&mut client, 8, json!({"kind": "cat"})).await;
    writer.ok("creature", "stir", json!({"id": "bob"})).await;
    let frames = frames_up_to_head(&mut client).await;
    let stirred = json!(["creature", "stirred", {"id": "bob", "data": {}}, 7]);
    assert_eq!(frames, [stirred]);
    assert_eq!(client.head().await, 1);
    let from = json!({"resume": reply["resume"], "seq": reply["seq"], "at": reply["at"]});
    let mut later = server.client().await;
    let resumed = subscribe(&mut later, 7, json!({"kind": "dragon", "$from": from})).await;
    assert_eq!(resumed["ok"], json!({"resumed": true}));
    assert_eq!(frames_up_to_head(&mut later).await, [Value::Null; 0]);
}

#[tokio::test]
async fn failed_call_sends_no_event() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    subscribe(&mut client, 7, json!({})).await;
    assert_eq!(
        writer.code("creature", "choke", json!({"id": "bob"})).await,
        "choked"
    );
    writer.ok("creature", "feed", json!({"id": "bob"})).await;
    assert_eq!(events(&mut client).await, [event(7, "updated", "bob")]);
}
