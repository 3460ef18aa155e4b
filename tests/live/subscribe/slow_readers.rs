//! Subscribers that read too slowly.

use super::{start_with, subscribe, told};
use crate::support::{Client, TestServer};
use serde_json::{Value, json};
use sockful::Config;

/// How much the sockets between here and there may take, and more.
const MORE_THAN_SOCKETS_TAKE: usize = 40 << 20;

const LARGE: usize = 60_000;

/// One that has subscribed, and reads nothing while more is told than can be on its way.
async fn stopped(server: &TestServer) -> (Client, Client) {
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let creature = json!({"id": "bob", "bio": "x".repeat(LARGE)});
    writer.ok("creature", "create", creature).await;
    subscribe(&mut client, 7, json!({})).await;
    for _ in 0..MORE_THAN_SOCKETS_TAKE / LARGE {
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

/// Reads on until it has been told of the newest commit, and checks that nothing is missing but in folds.
async fn read_on(client: &mut Client, writer: &mut Client) -> Vec<Value> {
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
        folded(&server.await).await;
    }
}

async fn folded(server: &TestServer) {
    let (mut client, mut writer) = stopped(server).await;
    let frames = read_on(&mut client, &mut writer).await;
    let folds = frames.iter().filter(|frame| frame[2]["folded"] == true);
    assert_eq!(folds.count(), 1);
    let last = frames.last().expect("something is told");
    let truth = writer.ok("creature", "get", json!({"id": "bob"})).await;
    assert_eq!(last[2]["record"], truth);
    writer.ok("creature", "feed", json!({"id": "bob"})).await;
    assert_eq!(told(&mut client).await.len(), 1);
}

#[tokio::test]
async fn slow_reader_behind_the_log_is_reset() {
    let server = start(|config| {
        config.live.ring_capacity = 100_000;
        config.store.log_capacity = 1_000_000;
    });
    let server = server.await;
    let (mut client, mut writer) = stopped(&server).await;
    let frames = read_on(&mut client, &mut writer).await;
    let last = frames.last().expect("something is told");
    assert_eq!(last[1], "reset");
    let truth = writer.ok("creature", "get", json!({"id": "bob"})).await;
    assert_eq!(last[2]["records"], json!([truth]));
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
    let frames = read_on(&mut client, &mut writer).await;
    let last = frames.last().expect("something is told");
    assert_eq!((&last[1], &last[3]), (&json!("ended"), &json!(7)));
    assert_eq!(
        last[2]["error"]["limit"]["name"],
        "max_subscription_records"
    );
    writer.ok("creature", "feed", json!({"id": "bob"})).await;
    assert_eq!(told(&mut client).await, [Value::Null; 0]);
    // Its name is free.
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
        assert_eq!(told(&mut healthy).await.len(), 1);
    }
    drop(stopped);
}
