//! Disconnects at every point of a subscription.

use super::*;
use crate::support::within;

/// Cuts the connection after each possible number of frames of three commits with three records each.
#[tokio::test]
async fn cut_after_any_frame_loses_and_repeats_nothing() {
    let (server, mut writer) = start().await;
    let mut subscribers = Vec::new();
    for _ in 0..=9 {
        subscribers.push(Subscriber::of(&server, [creatures(json!({"life": {"$gt": 0}}))]).await);
    }
    let batch = |action: &str, life: i64| {
        let one = |id| json!(["creature", action, {"id": id, "life": life}]);
        json!([one("bob"), one("eve"), one("kim")])
    };
    for (action, life) in [("create", 1), ("update", 2), ("update", 0)] {
        writer.ok("sockful", "commit", batch(action, life)).await;
    }
    for (frames, subscriber) in subscribers.iter_mut().enumerate() {
        for _ in 0..frames {
            subscriber.read().await;
        }
        subscriber.cut();
        let position = subscriber.subscriptions[0].replica.position;
        assert_eq!(position, (frames / 3) as u64);
        subscriber.begin().await;
        let counts = subscriber.conclude().await[0];
        assert_eq!((counts.resumed, counts.commits), (1, 3));
    }
}

/// Cuts the connection after each part of a chunked initial result.
#[tokio::test]
async fn interrupted_snapshot_starts_again() {
    let (server, mut writer) = start().await;
    for nth in 0..12 {
        let creature = json!({"id": format!("{nth:02}"), "bio": "x".repeat(30_000)});
        writer.ok("creature", "create", creature).await;
    }
    for parts in 0..5 {
        let mut subscriber = Subscriber::of(&server, [creatures(json!({}))]).await;
        for _ in 0..parts {
            assert_eq!(subscriber.read().await[1], "records");
        }
        feed(&mut writer, "03", 2).await;
        subscriber.cut();
        assert_eq!(subscriber.subscriptions[0].replica.token, None);
        subscriber.begin().await;
        let counts = subscriber.conclude().await[0];
        assert_eq!((counts.initial_results, counts.resumed), (2, 0));
    }
}

#[tokio::test]
async fn each_subscription_of_a_connection_resumes() {
    let (server, mut writer) = start().await;
    let queries = [
        creatures(json!({"kind": "dragon"})),
        creatures(json!({"kind": "cat"})),
        creatures(json!({"id": "bob"})),
    ];
    let mut subscriber = Subscriber::of(&server, queries).await;
    for (id, kind) in [("bob", "dragon"), ("eve", "cat"), ("kim", "dragon")] {
        let creature = json!({"id": id, "kind": kind});
        writer.ok("creature", "create", creature).await;
        subscriber.read().await;
        subscriber.cut();
        feed(&mut writer, id, 2).await;
        subscriber.begin().await;
    }
    for counts in subscriber.conclude().await {
        assert_eq!((counts.resumed, counts.initial_results), (3, 1));
    }
}

#[tokio::test]
async fn subscriber_resumes_at_any_time_during_writes() {
    let (server, mut writer) = start().await;
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let writing = tokio::spawn(async move { feed(&mut writer, "bob", 2_000).await });
    let mut subscriber = Subscriber::new(&server, [creatures(json!({"kind": "dragon"}))]);
    let mut reads = 0;
    while !writing.is_finished() {
        subscriber.begin().await;
        for _ in 0..reads % 7 {
            if writing.is_finished() {
                break;
            }
            subscriber.read().await;
        }
        reads += 1;
        subscriber.cut();
    }
    within("the writer", writing)
        .await
        .expect("the writer does not fail");
    subscriber.begin().await;
    let counts = subscriber.conclude().await[0];
    assert_eq!((counts.initial_results, counts.resets), (1, 0));
}

#[tokio::test]
async fn late_subscriber_restarts_and_others_resume() {
    let (server, mut writer) = start_with(|config| {
        config.store.log_capacity = 20_000;
        config.live.ring_capacity = 5_000;
    })
    .await;
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    // The missed commits are in the ring, in the log only, or in neither. `conclude` checks which.
    let (mut resumed, mut initial_results) = (0, 0);
    for missed in [0, 1, 3, 8, 16, 32, 64, 128] {
        let mut subscriber = Subscriber::of(&server, [creatures(json!({}))]).await;
        subscriber.cut();
        feed(&mut writer, "bob", missed).await;
        subscriber.begin().await;
        let counts = subscriber.conclude().await[0];
        resumed += counts.resumed;
        initial_results += counts.initial_results - 1;
    }
    assert!(
        resumed >= 3 && initial_results >= 1,
        "{resumed} {initial_results}"
    );
}
