//! Subscribers that stop reading and start again.

use super::*;

/// More bytes than the sockets between the server and the client buffer.
const MORE_THAN_SOCKETS_BUFFER: usize = 24 << 20;

const LARGE: usize = 60_000;

/// Returns a subscriber that reads none of the following events, which are more than the sockets buffer.
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
    for round in 0..MORE_THAN_SOCKETS_BUFFER / LARGE {
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
        let all_counts = subscriber.conclude().await;
        for counts in all_counts {
            assert!(counts.folds > 0 && counts.resets == 0, "{counts:?}");
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
    let all_counts = subscriber.conclude().await;
    assert!(
        all_counts.iter().any(|counts| counts.resets > 0),
        "{all_counts:?}"
    );
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
    let counts = subscriber.conclude().await[0];
    assert_eq!((counts.resumed, counts.folds), (1, 1));
}
