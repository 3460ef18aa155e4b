//! Subscribers that stop reading and start again.

use super::*;

/// How much the sockets between here and there may take, and more.
const MORE_THAN_SOCKETS_TAKE: usize = 24 << 20;

const LARGE: usize = 60_000;

/// One that reads nothing of what follows while more is told than can be on its way.
async fn stopped(
    server: &Arc<RecordingServer>,
    writer: &mut Client,
    queries: Vec<LiveQuery>,
) -> Subscriber {
    for id in ["bob", "eve"] {
        let creature = json!({"id": id, "bio": "x".repeat(LARGE)});
        writer.ok("creature", "create", creature).await;
    }
    let subscriber = Subscriber::of(server, queries).await;
    for round in 0..MORE_THAN_SOCKETS_TAKE / LARGE {
        let id = ["bob", "eve"][round % 2];
        if round % 5 == 0 {
            let roar = json!({"id": id, "loudness": 1});
            writer.ok("creature", "roar", roar).await;
        }
        writer.ok("creature", "feed", json!({"id": id})).await;
    }
    subscriber
}

#[tokio::test]
async fn slow_reader_gets_sent_events_then_a_fold() {
    for ring_capacity in [1, 1 << 28] {
        let (server, mut writer) = start_with(|config| {
            config.live.fold_after = 16;
            config.live.ring_capacity = ring_capacity;
            config.store.log_capacity = 1 << 28;
        })
        .await;
        let queries = vec![creatures(json!({})), creatures(json!({"id": "eve"}))];
        let mut subscriber = stopped(&server, &mut writer, queries).await;
        let tallies = subscriber.conclude().await;
        for tally in tallies {
            assert!(tally.folds > 0 && tally.resets == 0, "{tally:?}");
        }
    }
}

#[tokio::test]
async fn slow_reader_beyond_the_log_gets_a_reset() {
    let (server, mut writer) = start_with(|config| {
        config.live.ring_capacity = 100_000;
        config.store.log_capacity = 1_000_000;
        config.live.fold_after = 4;
    })
    .await;
    let queries = vec![creatures(json!({})), creatures(json!({"id": "eve"}))];
    let mut subscriber = stopped(&server, &mut writer, queries).await;
    let tallies = subscriber.conclude().await;
    assert!(tallies.iter().any(|tally| tally.resets > 0), "{tallies:?}");
    feed(&mut writer, "eve", 3).await;
    subscriber.conclude().await;
}

#[tokio::test]
async fn ping_overtaking_events_does_not_advance_past_them() {
    let (server, mut writer) = start_with(|config| {
        config.live.fold_after = 16;
        config.store.log_capacity = 1 << 28;
    })
    .await;
    let mut subscriber = stopped(&server, &mut writer, vec![creatures(json!({}))]).await;
    for _ in 0..5 {
        subscriber.ping().await;
    }
    subscriber.conclude().await;
}

#[tokio::test]
async fn disconnected_slow_reader_resumes_where_it_read() {
    let (server, mut writer) = start_with(|config| {
        config.live.fold_after = 16;
        config.store.log_capacity = 1 << 28;
    })
    .await;
    let mut subscriber = stopped(&server, &mut writer, vec![creatures(json!({}))]).await;
    for _ in 0..10 {
        subscriber.read().await;
    }
    subscriber.cut();
    subscriber.begin().await;
    let tally = subscriber.conclude().await[0];
    assert_eq!((tally.resumed, tally.folds), (1, 1));
}
