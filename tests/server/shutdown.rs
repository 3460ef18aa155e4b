//! Shutdown of a server.

use crate::support::{HANDSHAKE, TestServer, within};
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpStream;

#[tokio::test]
async fn idle_connection_closes_with_1001() {
    let mut server = TestServer::start().await;
    let mut client = server.client().await;
    server.stop();
    assert_eq!(client.close_code().await, Some(1001));
    server.stopped().await;
}

#[tokio::test]
async fn shutdown_answers_running_and_rejects_queued() {
    let mut server = TestServer::start().await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    client
        .send(json!(["creature", "feedAt", {"id": "bob", "checkpoint": "g"}, 1]))
        .await;
    client
        .send(json!(["creature", "get", {"id": "bob"}, 2]))
        .await;
    client
        .send(json!(["creature", "destroy", {"id": "bob"}]))
        .await;
    // The reply to this ping means that all of them have been read.
    assert_eq!(client.ask(json!(["sockful", "ping", null, 3])).await[3], 3);
    server.stop();
    let refused = client.recv().await;
    assert_eq!(
        (&refused[2]["err"]["code"], &refused[3]),
        (&json!("unavailable"), &json!(2)),
        "{refused}"
    );
    server.checkpoints.release("g");
    let (frames, code) = client.rest().await;
    assert_eq!(
        (frames, code),
        (
            vec![json!(["creature", "feedAt", {"ok": 11, "seq": 2}, 1])],
            Some(1001)
        )
    );
    server.stopped().await;
}

#[tokio::test]
async fn request_cut_at_the_deadline_is_answered() {
    let mut server = TestServer::start_with(|config| {
        config.connection.shutdown_timeout = Duration::from_millis(100);
    })
    .await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    for (id, checkpoint) in [(1, "one"), (2, "two")] {
        client
            .send(json!(["creature", "waitAt", {"checkpoint": checkpoint}, id]))
            .await;
        server.checkpoints.reached(checkpoint).await;
    }
    let feed = json!(["creature", "feedAt", {"id": "bob", "checkpoint": "three"}, 3]);
    client.send(feed).await;
    server.checkpoints.reached("three").await;
    let mut raw = server.raw_connection().await;
    let body = r#"{"checkpoint":"four"}"#;
    raw.send_http("POST /api/creature/waitAt", "", body).await;
    server.checkpoints.reached("four").await;
    server.stop();
    let (mut frames, code) = client.rest().await;
    frames.sort_by_key(|frame| frame[3].as_u64());
    assert_eq!((frames.len(), code), (3, Some(1001)), "{frames:?}");
    for (frame, id) in frames.iter().zip(1..) {
        let err = &frame[2]["err"];
        assert_eq!(
            (&err["code"], &err["outcome"], &frame[3]),
            (&json!("unavailable"), &json!("none"), &json!(id)),
            "{frame}"
        );
    }
    let answer = raw.answer(false).await;
    let err = &answer.json()["err"];
    assert_eq!(
        (answer.status, &err["code"], &err["outcome"]),
        (503, &json!("unavailable"), &json!("none"))
    );
    server.stopped().await;
}

#[tokio::test]
async fn new_connections_are_rejected_during_shutdown() {
    let mut server = TestServer::start().await;
    let mut client = server.client().await;
    client
        .send(json!(["creature", "waitAt", {"checkpoint": "g"}, 1]))
        .await;
    server.checkpoints.reached("g").await;
    server.stop();
    // The listener is closed before the connections are notified, and then they stop reading.
    let refused = async { while TcpStream::connect(server.address).await.is_ok() {} };
    within("the end of the listener", refused).await;
    server.checkpoints.release("g");
    assert_eq!(client.recv().await[2]["ok"], "g");
    assert_eq!(client.close_code().await, Some(1001));
    server.stopped().await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_idle_connections() {
    // The deadline is longer than the test waits for anything.
    let mut server = TestServer::start_with(|config| {
        config.connection.shutdown_timeout = Duration::from_secs(3_600);
    })
    .await;
    let silent = server.raw_connection().await;
    let mut halfway = server.raw_connection().await;
    halfway.send(HANDSHAKE).await;
    let mut idle = server.raw_connection().await;
    assert_eq!(
        idle.status_of("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await,
        "200"
    );
    server.client().await.assert_alive().await;
    server.stop();
    server.stopped().await;
    drop((silent, halfway, idle));
}

#[tokio::test]
async fn shutdown_cuts_a_client_that_reads_nothing() {
    let mut server = TestServer::start_with(|config| {
        config.connection.shutdown_timeout = Duration::from_millis(200);
    })
    .await;
    let mut client = server.client().await;
    for id in 0..200 {
        client
            .send(json!(["creature", "shout", {"size": 1_000_000}, id]))
            .await;
    }
    server.client().await.assert_alive().await;
    server.stop();
    server.stopped().await;
}
