//! Initial results while other clients write.

use super::*;
use crate::support::within;

#[tokio::test]
async fn writes_during_a_large_snapshot_come_after_it() {
    let (server, mut writer) = start().await;
    for nth in 0..20 {
        let creature = json!({"id": format!("{nth:02}"), "bio": "x".repeat(20_000)});
        writer.ok("creature", "create", creature).await;
    }
    let writing = tokio::spawn(async move {
        for round in 0..100 {
            let id = format!("{:02}", round % 20);
            writer.ok("creature", "feed", json!({"id": id})).await;
            if round % 10 == 0 {
                writer.ok("creature", "destroy", json!({"id": id})).await;
                writer.ok("creature", "create", json!({"id": id})).await;
            }
        }
    });
    let mut subscribers = 0;
    while !writing.is_finished() {
        let queries = [
            creatures(json!({})),
            creatures(json!({"life": {"$gt": 10}})),
        ];
        let mut subscriber = Subscriber::of(&server, queries).await;
        subscriber.conclude().await;
        subscribers += 1;
    }
    assert!(subscribers > 0);
    within("the writer", writing)
        .await
        .expect("the writer does not fail");
}

/// The connection writes while it subscribes. An earlier write is in the initial result or follows it as an event.
#[tokio::test]
async fn subscribe_among_own_writes_sees_each_once() {
    let (server, _) = start().await;
    let queries = (0..20).map(|_| creatures(json!({"tame": false})));
    let mut subscriber = Subscriber::new(&server, queries);
    let mut client = server.client().await;
    let mut frames = Vec::new();
    for (nth, subscription) in subscriber.subscriptions.iter_mut().enumerate() {
        let create =
            |suffix: &str| json!(["creature", "create", {"id": format!("{nth} {suffix}")}]);
        frames.extend([create("before"), subscription.begin(false), create("after")]);
    }
    client.send_all(frames).await;
    subscriber.client = Some(client);
    while server.head().await < 40 {
        subscriber.read().await;
    }
    subscriber.conclude().await;
    assert_eq!(subscriber.subscriptions[0].replica.len(), 40);
}

#[tokio::test]
async fn record_changing_during_subscribe_is_consistent() {
    let (server, mut writer) = start().await;
    let writing = tokio::spawn(async move {
        for _ in 0..300 {
            writer.ok("creature", "create", json!({"id": "bob"})).await;
            writer.ok("creature", "destroy", json!({"id": "bob"})).await;
        }
    });
    while !writing.is_finished() {
        let mut subscriber = Subscriber::of(&server, [creatures(json!({"id": "bob"}))]).await;
        subscriber.conclude().await;
    }
    within("the writer", writing)
        .await
        .expect("the writer does not fail");
}
