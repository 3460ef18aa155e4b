//! Subscribers that read too slowly.

use super::{frames_up_to_head, start_with, subscribe};
use crate::support::{Client, TestServer};
use serde_json::{Value, json};
use sockful::Config;

/// More bytes than the sockets between the server and the client buffer.
const MORE_THAN_SOCKETS_BUFFER: usize = 40 << 20;

const LARGE: usize = 60_000;

/// Returns a subscriber that does not read while more events are sent than the sockets buffer, and a writer.
async fn stopped(server: &TestServer) -> (Client, Client) {
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let creature = json!({"id": "bob", "bio": "x".repeat(LARGE)});
    writer.ok("creature", "create", creature).await;
    subscribe(&mut client, 7, json!({})).await;
    for _ in 0..MORE_THAN_SOCKETS_BUFFER / LARGE {
        writer.ok("creature", "feed", json!({"id": "bob"})).await;
    }
    (client, writer)
}

async fn start(change: impl FnOnce(&mut Config)) -> TestServer {
    start_with(|config| {
        config.live.fold_after = 16;
        change(config);
    })
    .await
}

/// Reads up to the newest commit, and checks that only folded commits are skipped.
async fn read_to_head(client: &mut Client, writer: &mut Client) -> Vec<Value> {
    let head = writer.head().await;
    let (mut frames, mut life) = (Vec::<Value>::new(), 10);
    while frames.last().is_none_or(|frame| frame[2]["seq"] != head) {
        let frame = client.recv().await;
        if frame[1] != "ended" {
            let records = frame[2]["records"].get(0);
            let record = records.unwrap_or(&frame[2]["record"]);
            let now = record["life"].as_i64().expect("a number");
            let jumps = frame[2]["folded"] == true || frame[1] == "reset";
            assert!(now == life + 1 || jumps && now > life, "{life} {now}");
            life = now;
        }
        frames.push(frame);
    }
    frames
}

#[tokio::test]
async fn slow_reader_receives_missed_commits_folded() {
    // In the ring, and in the log only.
    for ring_capacity in [1, 1 << 30] {
        let server = start(|config| {
            config.live.ring_capacity = ring_capacity;
            config.store.log_capacity = 1 << 30;
        });
        assert_missed_commits_are_folded(&server.await).await;
    }
}

async fn assert_missed_commits_are_folded(server: &TestServer) {
    let (mut client, mut writer) = stopped(server).await;
    let frames = read_to_head(&mut client, &mut writer).await;
    let folds = frames.iter().filter(|frame| frame[2]["folded"] == true);
    assert_eq!(folds.count(), 1);
    let last = frames.last().expect("a frame");
    let stored = writer.ok("creature", "get", json!({"id": "bob"})).await;
    assert_eq!(last[2]["record"], stored);
    writer.ok("creature", "feed", json!({"id": "bob"})).await;
    assert_eq!(frames_up_to_head(&mut client).await.len(), 1);
}

#[tokio::test]
async fn slow_reader_behind_the_log_is_reset() {
    let server = start(|config| {
        config.live.ring_capacity = 100_000;
        config.store.log_capacity = 1_000_000;
    });
    let server = server.await;
    let (mut client, mut writer) = stopped(&server).await;
    let frames = read_to_head(&mut client, &mut writer).await;
    let last = frames.last().expect("a frame");
    assert_eq!(last[1], "reset");
    let stored = writer.ok("creature", "get", json!({"id": "bob"})).await;
    assert_eq!(last[2]["records"], json!([stored]));
}

#[tokio::test]
async fn slow_reader_that_cannot_be_reset_is_ended() {
    let server = start(|config| {
        config.live.ring_capacity = 100_000;
        config.store.log_capacity = 1_000_000;
        config.live.max_subscription_records = 1;
    });
    let server = server.await;
    let (mut client, mut writer) = stopped(&server).await;
    writer.ok("creature", "create", json!({"id": "eve"})).await;
    let frames = read_to_head(&mut client, &mut writer).await;
    let last = frames.last().expect("a frame");
    assert_eq!((&last[1], &last[3]), (&json!("ended"), &json!(7)));
    assert_eq!(
        last[2]["error"]["limit"]["name"],
        "max_subscription_records"
    );
    writer.ok("creature", "feed", json!({"id": "bob"})).await;
    assert_eq!(frames_up_to_head(&mut client).await, [Value::Null; 0]);
    // Its ack id can be used again.
    let again = subscribe(&mut client, 7, json!({"id": "eve"})).await;
    assert_eq!(again["ok"]["records"][0]["id"], "eve");
}

#[tokio::test]
async fn ping_reports_only_delivered_commits() {
    let server = start(|_| {}).await;
    let (mut client, mut writer) = stopped(&server).await;
    let head = writer.head().await;
    client.send(json!(["sockful", "ping", null, 1])).await;
    let (mut position, mut pinged) = (1, false);
    while position < head {
        let frame = client.recv().await;
        if frame[3] == 1 {
            let seq = frame[2]["ok"]["seq"].as_u64().expect("a number");
            assert_eq!(seq, position);
            pinged = true;
        } else {
            position = frame[2]["seq"].as_u64().expect("a number");
        }
    }
    if !pinged {
        assert_eq!(client.recv().await[2]["ok"]["seq"], head);
    }
}

#[tokio::test]
async fn stopped_reader_does_not_delay_others() {
    let server = start(|_| {}).await;
    let (stopped, mut writer) = stopped(&server).await;
    let mut healthy = server.client().await;
    subscribe(&mut healthy, 7, json!({})).await;
    for _ in 0..100 {
        writer.ok("creature", "feed", json!({"id": "bob"})).await;
        assert_eq!(frames_up_to_head(&mut healthy).await.len(), 1);
    }
    drop(stopped);
}
