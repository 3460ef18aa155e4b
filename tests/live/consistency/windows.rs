//! Live windows: the first records in an order, which come and go at both ends.
//!
//! `SOCKFUL_SEED` repeats the choices of an earlier run, which has printed it.

use super::stress::random_choices::Random;
use super::stress::{from_env, random_seed};
use super::*;
use crate::support::live_checker::Counts;
use std::time::Duration;

fn newest(limit: usize) -> LiveQuery {
    creatures(json!({})).first(json!({"life": -1}), limit)
}

async fn create(writer: &mut Client, id: &str, life: i64) {
    let creature = json!({"id": id, "life": life});
    writer.ok("creature", "create", creature).await;
}

#[tokio::test]
async fn window_is_reported_at_each_commit() {
    let (server, mut writer) = start().await;
    let queries = [
        newest(3),
        creatures(json!({"kind": "cat"})).first(json!({"life": 1, "kind": -1}), 2),
        creatures(json!({})).first(json!({"weight": -1}), 2),
        creatures(json!({})).first(json!({}), 1),
    ];
    let mut subscriber = Subscriber::of(&server, queries).await;
    for (id, life) in [("d", 1), ("b", 3), ("c", 3), ("a", 3), ("e", 9)] {
        create(&mut writer, id, life).await;
    }
    for change in [
        json!({"id": "e", "life": 0, "kind": "cat"}),
        json!({"id": "d", "weight": 1.5}),
        json!({"id": "d", "kind": "cat", "life": 3}),
        json!({"id": "a", "kind": "cat", "weight": -2.0}),
        json!({"id": "e", "life": 3}),
    ] {
        writer.ok("creature", "update", change).await;
    }
    writer
        .ok("creature", "roar", json!({"id": "a", "loudness": 1}))
        .await;
    writer.ok("creature", "destroy", json!({"id": "a"})).await;
    let batch = json!([
        ["creature", "destroy", {"id": "b"}],
        ["creature", "create", {"id": "f", "life": 3}],
        ["creature", "update", {"id": "c", "life": 1}],
    ]);
    writer.ok("sockful", "commit", batch).await;
    for counts in subscriber.conclude().await {
        assert!(
            counts.commits > 2 && counts.resets + counts.folds == 0,
            "{counts:?}"
        );
    }
}

#[tokio::test]
async fn emptied_window_is_read_again() {
    let (server, mut writer) = start().await;
    for nth in 0..120 {
        create(&mut writer, &format!("{nth:03}"), nth / 3).await;
    }
    let queries = [newest(5), creatures(json!({})).first(json!({"id": 1}), 4)];
    let mut subscriber = Subscriber::of(&server, queries).await;
    for nth in (0..120).rev() {
        writer
            .ok("creature", "destroy", json!({"id": format!("{nth:03}")}))
            .await;
    }
    let tallies = subscriber.conclude().await;
    assert!(
        tallies[0].folds > 1 && tallies[0].resets == 0,
        "{tallies:?}"
    );
}

#[tokio::test]
async fn reconnecting_client_receives_its_window_again() {
    let (server, mut writer) = start().await;
    let mut subscriber = Subscriber::of(&server, [newest(2)]).await;
    for nth in 0..5 {
        create(&mut writer, &nth.to_string(), nth).await;
        subscriber.cut();
        subscriber.begin().await;
    }
    let counts = subscriber.conclude().await[0];
    assert_eq!((counts.initial_results, counts.resumed), (6, 0));
}

/// Writers fill the top of the windows and empty it again; one of five followers hardly reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn windows_converge_under_random_load() {
    let seed = from_env("SOCKFUL_SEED").unwrap_or_else(random_seed);
    println!("SOCKFUL_SEED={seed}");
    let (server, _) = start_with(|config| {
        config.connection.ping_interval = Duration::from_secs(3_600);
        config.connection.write_timeout = Duration::from_secs(3_600);
        config.live.fold_after = 16;
        config.live.ring_capacity = 100_000;
    })
    .await;
    let mut writers = Vec::new();
    for nth in 0..4 {
        let (mut client, mut random) = (server.client().await, Random::new(seed, nth));
        writers.push(tokio::spawn(async move {
            for _ in 0..300 {
                // Many are created at once and destroyed one by one.
                let id = |random: &mut Random| random.below(80).to_string();
                if random.below(20) == 0 {
                    let batch = (0..40).map(|_| {
                        let creature = json!({"id": id(&mut random), "life": random.below(30)});
                        json!(["creature", "save", creature])
                    });
                    let mut batch: Vec<_> = batch.collect();
                    batch.sort_by_key(|it| it[2]["id"].to_string());
                    batch.dedup_by_key(|it| it[2]["id"].to_string());
                    client.reply("sockful", "commit", batch.into()).await;
                } else {
                    let id = id(&mut random);
                    let (action, payload) = match random.below(10) {
                        0 => ("update", json!({"id": id, "life": random.below(30)})),
                        1 => ("roar", json!({"id": id, "loudness": 1})),
                        2 => ("update", json!({"id": id, "kind": "cat"})),
                        _ => ("destroy", json!({"id": id})),
                    };
                    client.reply("creature", action, payload).await;
                }
            }
        }));
    }
    let mut followers = Vec::new();
    for nth in 0..50 {
        let (server, mut random) = (server.clone(), Random::new(seed, 100 + nth));
        followers.push(tokio::spawn(async move {
            let limit = usize::try_from(1 + random.below(12)).expect("it is small");
            let query = match random.below(4) {
                0 => creatures(json!({})).first(json!({"life": 1}), limit),
                1 => creatures(json!({"kind": "dragon"})).first(json!({"id": -1}), limit),
                _ => newest(limit),
            };
            let mut subscriber = Subscriber::of(&server, [query]).await;
            for _ in 0..30 {
                if nth % 5 == 0 || random.below(10) == 0 {
                    tokio::time::sleep(Duration::from_millis(random.below(40))).await;
                } else if random.below(12) == 0 {
                    subscriber.cut();
                    subscriber.begin().await;
                } else {
                    let head = server.head().await;
                    subscriber.read_up_to(head).await;
                }
            }
            subscriber
        }));
    }
    for writer in writers {
        writer.await.expect("no writer fails");
    }
    let mut all = Counts::default();
    for follower in followers {
        let mut subscriber = follower.await.expect("no follower fails");
        for counts in subscriber.conclude().await {
            all += counts;
        }
    }
    println!("{} commits: {all:?}", server.head().await);
    assert!(
        all.folds > 0 && all.commits > 0 && all.initial_results > 50,
        "too little happened"
    );
}
