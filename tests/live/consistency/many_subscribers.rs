//! Many subscribers at once.

use super::*;
use crate::support::within;

/// Makes `each` writes from each of `writers` connections at once.
async fn write_from_many(server: &Arc<RecordingServer>, writers: usize, each: usize) {
    let mut writing = Vec::new();
    for nth in 0..writers {
        let mut client = server.client().await;
        writing.push(tokio::spawn(async move {
            for round in 0..each {
                let id = format!("{}", (nth + round) % 7);
                let kind = if round % 3 == 0 { "cat" } else { "dragon" };
                let creature = json!({"id": id, "kind": kind, "life": round % 11});
                client.ok("creature", "save", creature).await;
            }
        }));
    }
    for writer in writing {
        within("a writer", writer)
            .await
            .expect("the writer does not fail");
    }
}

#[tokio::test]
async fn all_subscribers_see_one_history() {
    let (server, _) = start().await;
    let queries = || {
        [
            creatures(json!({"kind": "dragon"})),
            creatures(json!({"kind": "dragon"})),
            creatures(json!({"life": {"$gt": 5}})),
            creatures(json!({})),
        ]
    };
    let mut subscribers = Vec::new();
    for _ in 0..10 {
        subscribers.push(Subscriber::of(&server, queries()).await);
    }
    write_from_many(&server, 8, 40).await;
    let mut commits = Vec::new();
    for subscriber in &mut subscribers {
        let all_counts = subscriber.conclude().await;
        commits.push(all_counts.iter().map(|it| it.commits).collect::<Vec<_>>());
    }
    assert!(commits[0].iter().all(|&it| it > 0), "{commits:?}");
}

#[tokio::test]
async fn ping_seq_is_valid_for_every_subscription() {
    let (server, mut writer) = start().await;
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let queries = (0..20).map(|nth| creatures(json!({"life": {"$gt": nth}})));
    let mut subscriber = Subscriber::of(&server, queries).await;
    let writing = tokio::spawn(async move { feed(&mut writer, "bob", 300).await });
    // The checker verifies the sequence number of each pong.
    while !writing.is_finished() {
        subscriber.ping().await;
        while subscriber.read().await[3] != "ping" {}
    }
    within("the writer", writing)
        .await
        .expect("the writer does not fail");
    subscriber.conclude().await;
}

#[tokio::test]
async fn passing_subscribers_do_not_disturb_others() {
    let (server, _) = start().await;
    let mut steady = Subscriber::of(&server, [creatures(json!({"kind": "cat"}))]).await;
    let writing = {
        let server = server.clone();
        tokio::spawn(async move { write_from_many(&server, 4, 60).await })
    };
    while !writing.is_finished() {
        // The query's only subscriber disconnects, and another one replaces it.
        let mut passing = Subscriber::of(&server, [creatures(json!({"kind": "dragon"}))]).await;
        passing.read_up_to(0).await;
        passing.cut();
    }
    within("the writers", writing)
        .await
        .expect("the writers do not fail");
    let counts = steady.conclude().await[0];
    assert_eq!(
        (counts.initial_results, counts.resets, counts.resumed),
        (1, 0, 0)
    );
}
