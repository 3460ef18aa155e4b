//! Tests of requests with a slow store.

use super::slow_store::{Server, receive, send};
use crate::core::config::Config;
use crate::dispatch::Request;
use crate::transport::websocket::answer;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::future::pending;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test(start_paused = true)]
async fn slow_commit_times_out_and_delays_the_next_write() {
    let server = Server::start().await;
    let mut client = server.client().await;
    send(&mut client, "create", json!({"id": "bob", "life": 1}), 1).await;
    let (reply, ack_id) = receive(&mut client).await;
    assert_eq!(
        (&reply["err"]["code"], &ack_id),
        (&json!("timeout"), &json!(1))
    );
    assert_eq!(reply["err"]["outcome"], "unknown");

    // Only the store knows whether bob exists; until it replies, nothing else may write him.
    send(&mut client, "update", json!({"id": "bob", "life": 2}), 2).await;
    tokio::task::yield_now().await;
    server.commits.add_permits(2);
    let (reply, ack_id) = receive(&mut client).await;
    assert_eq!(
        (&reply["ok"]["life"], &ack_id),
        (&json!(2), &json!(2)),
        "{reply}"
    );
}

#[tokio::test(start_paused = true)]
async fn request_timed_out_while_queued_has_outcome_none() {
    let server = Server::start().await;
    let (mut first, mut second) = (server.client().await, server.client().await);
    send(&mut first, "create", json!({"id": "bob"}), 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    send(&mut second, "save", json!({"id": "bob", "life": 2}), 2).await;
    assert_eq!(receive(&mut first).await.0["err"]["outcome"], "unknown");
    assert_eq!(receive(&mut second).await.0["err"]["outcome"], "none");
}

#[tokio::test(start_paused = true)]
async fn commit_continues_after_its_connection_ended() {
    let server = Server::start().await;
    let mut gone = server.client().await;
    send(&mut gone, "create", json!({"id": "bob", "life": 1}), 1).await;
    gone.close(None).await.expect("the connection is open");
    while gone.next().await.is_some() {}

    let mut client = server.client().await;
    send(&mut client, "update", json!({"id": "bob", "life": 2}), 2).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.commits.add_permits(2);
    let (reply, _) = receive(&mut client).await;
    assert_eq!(reply["ok"]["life"], 2, "{reply}");
}

#[tokio::test(start_paused = true)]
async fn requests_before_a_close_are_answered_if_quick() {
    let server = Server::start().await;
    for (delay, is_answered) in [(1, true), (60, false)] {
        let mut client = server.client().await;
        send(&mut client, "save", json!({"id": "bob", "life": delay}), 1).await;
        send(&mut client, "get", json!({"id": "bob"}), 2).await;
        client
            .send(Message::Close(None))
            .await
            .expect("the connection is open");
        let commits = server.commits.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(delay)).await;
            commits.add_permits(1);
        });
        let mut answered = Vec::new();
        while let Some(Ok(message)) = client.next().await {
            if let Message::Text(text) = message {
                let frame: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                assert_eq!(frame[2]["ok"]["life"], delay);
                answered.push(frame[3].clone());
            }
        }
        assert_eq!(answered == [1, 2], is_answered, "{answered:?}");
        assert_eq!(answered.is_empty(), !is_answered, "{answered:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn commit_continues_after_its_caller_gave_up() {
    let server = Server::start().await;
    let session = server.session();
    let payload = r#"{"id":"bob","life":1}"#.to_owned();
    let request = Request::from_parts(&session, "sample", "create", payload, "null");
    let asked = answer(&session, request.expect("it is served"), pending());
    let gone = tokio::time::timeout(Duration::from_secs(1), asked).await;
    assert!(gone.is_err(), "{gone:?}");

    let mut client = server.client().await;
    send(&mut client, "update", json!({"id": "bob", "life": 2}), 2).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.commits.add_permits(2);
    let (reply, _) = receive(&mut client).await;
    assert_eq!(reply["ok"]["life"], 2, "{reply}");
}

#[tokio::test(start_paused = true)]
async fn requests_are_ordered_per_record_only() {
    let server = Server::start().await;
    let mut client = server.client().await;
    send(&mut client, "create", json!({"id": "bob", "life": 1}), 1).await;
    send(&mut client, "get", json!({"id": "bob"}), 2).await;
    send(&mut client, "get", json!({"id": "larry"}), 3).await;
    assert_eq!(receive(&mut client).await.1, 3);
    server.commits.add_permits(1);
    assert_eq!(receive(&mut client).await.1, 1);
    let (reply, ack_id) = receive(&mut client).await;
    assert_eq!(
        (&reply["ok"]["life"], &ack_id),
        (&json!(1), &json!(2)),
        "{reply}"
    );
}

#[tokio::test(start_paused = true)]
async fn read_waits_for_a_write_of_unknown_outcome() {
    let server = Server::start().await;
    let mut client = server.client().await;
    send(&mut client, "create", json!({"id": "bob", "life": 1}), 1).await;
    assert_eq!(receive(&mut client).await.0["err"]["outcome"], "unknown");
    send(&mut client, "get", json!({"id": "bob"}), 2).await;
    send(&mut client, "get", json!({"id": "larry"}), 3).await;
    assert_eq!(receive(&mut client).await.1, 3);
    server.commits.add_permits(1);
    let (reply, ack_id) = receive(&mut client).await;
    assert_eq!((&reply["ok"]["life"], &ack_id), (&json!(1), &json!(2)));
}

#[tokio::test(start_paused = true)]
async fn lists_beyond_max_lists_do_not_delay_requests() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for ack_id in 1..=6 {
        send(&mut client, "find", json!({}), ack_id).await;
    }
    send(&mut client, "get", json!({"id": "bob"}), 7).await;
    assert_eq!(receive(&mut client).await.1, 7);
    assert_eq!(server.asked.load(Relaxed), 4);
    server.lists.add_permits(1);
    receive(&mut client).await;
    tokio::task::yield_now().await;
    assert_eq!(server.asked.load(Relaxed), 5);
    server.lists.add_permits(5);
    for _ in 0..5 {
        receive(&mut client).await;
    }
}

#[tokio::test(start_paused = true)]
async fn full_connection_reads_on_after_replies_are_sent() {
    let mut config = Config::default();
    config.connection.max_outgoing = 1;
    let server = Server::with(config).await;
    let mut client = server.client_with(64).await;
    server.commits.add_permits(1);
    let bob = json!({"id": "bob", "name": "x".repeat(20)});
    send(&mut client, "create", bob, 1).await;
    receive(&mut client).await;
    // The reply to the list is ready exactly when reading is paused, and is not sent before the
    // next request has arrived.
    server.lists.add_permits(1);
    send(&mut client, "find", json!({}), 2).await;
    tokio::task::yield_now().await;
    send(&mut client, "get", json!({"id": "bob"}), 3).await;
    tokio::task::yield_now().await;
    assert_eq!(receive(&mut client).await.1, 2);
    let began = tokio::time::Instant::now();
    assert_eq!(receive(&mut client).await.1, 3);
    assert!(began.elapsed().as_secs() < 1, "{:?}", began.elapsed());
}
