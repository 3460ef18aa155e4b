//! Connections that are cut at the worst moment.

use super::Follower;
use crate::support::Gates;
use crate::support::history::Recorder;
use crate::support::{Running, sample, within};
use serde_json::json;
use sockful::Server;

/// Cut after each number of frames that three commits of three records each may have come to.
#[tokio::test]
async fn a_connection_that_is_cut_after_any_frame_loses_nothing_and_gets_nothing_twice() {
    let handle = Server::new(sample::RESOURCES)
        .open()
        .await
        .expect("it opens");
    let recorder = Recorder::start(&handle);
    let server = Running::opened(handle, Gates::default()).await;
    let mut writer = server.client().await;
    let mut followers = Vec::new();
    for _ in 0..=9 {
        let mut follower = Follower::new(json!({"life": {"$gt": 0}}));
        follower.begin(&server).await;
        followers.push(follower);
    }
    let batch = |action: &str, life: i64| {
        let one = |id| json!(["creature", action, {"id": id, "life": life}]);
        json!([one("bob"), one("eve"), one("kim")])
    };
    for (action, life) in [("create", 1), ("update", 2), ("update", 0)] {
        writer.ok("sockful", "commit", batch(action, life)).await;
    }
    for (frames, follower) in followers.iter_mut().enumerate() {
        for _ in 0..frames {
            follower.read().await;
        }
        follower.cut();
        assert_eq!(follower.position, (frames / 3) as u64);
        follower.begin(&server).await;
        follower.read_up_to(3).await;
    }
    let log = recorder.up_to(3).await;
    for follower in &followers {
        follower.judge(&log);
    }
}

#[tokio::test]
async fn one_may_come_back_at_any_moment_while_another_writes() {
    let handle = Server::new(sample::RESOURCES)
        .open()
        .await
        .expect("it opens");
    let recorder = Recorder::start(&handle);
    let server = Running::opened(handle, Gates::default()).await;
    let mut writer = server.client().await;
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let writing = tokio::spawn(async move {
        for _ in 0..2_000 {
            writer.ok("creature", "feed", json!({"id": "bob"})).await;
        }
        writer.head().await
    });
    let mut follower = Follower::new(json!({"kind": "dragon"}));
    let mut reads = 0;
    while !writing.is_finished() {
        follower.begin(&server).await;
        for _ in 0..reads % 7 {
            if writing.is_finished() {
                break;
            }
            follower.read().await;
        }
        reads += 1;
        follower.cut();
    }
    let head = within("the writer", writing)
        .await
        .expect("it does not fail");
    follower.begin(&server).await;
    follower.read_up_to(head).await;
    follower.judge(&recorder.up_to(head).await);
}
