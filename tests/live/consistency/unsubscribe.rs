//! Subscriptions that end while events are being sent.

use super::*;
use crate::support::within;

#[tokio::test]
async fn unsubscribed_query_is_silent_and_may_resume() {
    let (server, mut writer) = start().await;
    let queries = [creatures(json!({})), creatures(json!({"kind": "dragon"}))];
    let mut subscriber = Subscriber::of(&server, queries).await;
    let batch = |life: i64| {
        let one = |id: &str| json!(["creature", "save", {"id": id, "life": life}]);
        json!([one("bob"), one("eve"), one("kim")])
    };
    let writing = tokio::spawn(async move {
        for life in 0..300 {
            writer.ok("sockful", "commit", batch(life)).await;
        }
    });
    for round in 0.. {
        if writing.is_finished() {
            break;
        }
        subscriber.unsubscribe(round % 2).await;
        subscriber.ping().await;
        subscriber.read().await;
        subscriber.subscribe(round % 2).await;
    }
    within("the writer", writing)
        .await
        .expect("the writer does not fail");
    let all_counts = subscriber.conclude().await;
    assert!(
        all_counts
            .iter()
            .all(|it| it.initial_results == 1 && it.resumed > 0)
    );
}

#[tokio::test]
async fn unsubscribe_during_the_snapshot_stops_it() {
    let (server, mut writer) = start().await;
    // More than the sockets buffer.
    for nth in 0..120 {
        let creature = json!({"id": nth.to_string(), "bio": "x".repeat(60_000)});
        writer.ok("creature", "create", creature).await;
    }
    let mut subscriber =
        Subscriber::of(&server, [creatures(json!({})), creatures(json!({}))]).await;
    subscriber.unsubscribe(0).await;
    feed(&mut writer, "7", 10).await;
    let all_counts = subscriber.conclude().await;
    assert_eq!((all_counts[0].commits, all_counts[1].commits), (0, 10));
    assert_eq!(subscriber.subscriptions[0].replica.len(), 0);
}

#[tokio::test]
async fn events_before_shutdown_are_a_prefix_of_history() {
    let (server, mut writer) = start().await;
    let mut subscriber = Subscriber::of(&server, [creatures(json!({}))]).await;
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    for nth in 0..200 {
        let frame = json!(["creature", "feed", {"id": "bob"}, nth]);
        writer.send(frame).await;
    }
    writer.recv().await;
    server.stop();
    let code = subscriber.read_to_close().await;
    assert_eq!(code, Some(1001));
    let (_, code) = writer.rest().await;
    assert_eq!(code, Some(1001));
    subscriber.cut();
    let head = server.head().await;
    subscriber.check(&server.history.up_to(head).await, head);
}
