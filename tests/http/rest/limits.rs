//! Rate limits, disconnects and shutdown during HTTP requests.

use super::ask;
use crate::support::{TestServer, freeze_time, notes_app};
use crate::writes::create_and_get::with_bob;
use serde_json::json;
use sockful::Config;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn rate_limit_is_shared_by_http_and_websocket() {
    freeze_time();
    let mut config = Config::default();
    config.request.max_request_rate = 1;
    config.request.request_burst = 30;
    let server = TestServer::serve(notes_app::server().config(config)).await;
    let bob = "Authorization: Bearer bob\r\n";
    let mut socket = server.client().await;
    socket
        .ok("sockful", "authenticate", json!({"token": "bob"}))
        .await;
    // A list costs five.
    for _ in 0..3 {
        assert_eq!(ask(&server, "GET /api/note", bob, "").await.status, 200);
        socket.ok("note", "find", json!({})).await;
    }
    let refused = ask(&server, "GET /api/note", bob, "").await;
    assert_eq!(
        (refused.status, refused.json()["err"]["code"].as_str()),
        (429, Some("rate_limited"))
    );
    let wait: u64 = refused
        .header("retry-after")
        .and_then(|it| it.parse().ok())
        .expect("seconds");
    assert!((1..=6).contains(&wait), "{wait}");
    assert_eq!(socket.code("note", "find", json!({})).await, "rate_limited");
    // Another caller has its own bucket.
    let eve = "Authorization: Bearer eve\r\n";
    assert_eq!(ask(&server, "GET /api/note", eve, "").await.status, 200);
}

#[tokio::test]
async fn visited_records_are_charged() {
    freeze_time();
    let mut config = Config::default();
    config.request.max_request_rate = 1;
    config.request.request_burst = 40;
    let server = TestServer::start_with(|it| *it = config).await;
    let mut writer = server.client().await;
    // Each local connection has its own bucket.
    for id in 0..30 {
        let made = writer
            .reply("creature", "create", json!({"id": id.to_string()}))
            .await;
        assert!(made.get("ok").is_some(), "{made}");
    }
    let mut other = server.client().await;
    for id in 30..60 {
        other
            .ok("creature", "create", json!({"id": id.to_string()}))
            .await;
    }
    let mut raw = server.raw_connection().await;
    let mut lists = 0;
    // Each costs five, and one more for the sixty records that it visits.
    while raw.http("GET /api/creature?life=3", "", "").await.status == 200 {
        lists += 1;
    }
    assert_eq!(lists, 6);
}

#[tokio::test]
async fn http_request_of_a_disconnected_client_is_dropped() {
    let (server, mut client) = with_bob().await;
    let mut raw = server.raw_connection().await;
    let body = r#"{"checkpoint":"pond"}"#;
    raw.send_http("POST /api/creature/bob/feedAt", "", body)
        .await;
    server.checkpoints.reached("pond").await;
    drop(raw);
    // The record is unlocked when the request is dropped.
    let fed = client.ok("creature", "feed", json!({"id": "bob"})).await;
    assert_eq!(fed, "I have been fed my life is: 11");
    server.checkpoints.release("pond");
    assert_eq!(
        client.ok("creature", "get", json!({"id": "bob"})).await["life"],
        11
    );
}

#[tokio::test]
async fn shutdown_answers_http_requests_in_progress() {
    let mut server = TestServer::start_with(|config| {
        config.connection.close_timeout = Duration::from_millis(10);
    })
    .await;
    server
        .client()
        .await
        .ok("creature", "create", json!({"id": "bob"}))
        .await;
    let mut halfway = server.raw_connection().await;
    halfway.send("POST /api/creature/bob").await;
    let mut raw = server.raw_connection().await;
    let body = r#"{"checkpoint":"pond"}"#;
    let request = format!(
        "POST /api/creature/bob/feedAt HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    raw.send(&request).await;
    server.checkpoints.reached("pond").await;
    let checkpoints = server.checkpoints.clone();
    server.stop();
    // Incomplete requests are disconnected at once.
    halfway.ended().await;
    checkpoints.release("pond");
    let answer = raw.answer(false).await;
    assert_eq!(
        (answer.status, answer.json()["ok"].as_i64()),
        (200, Some(11))
    );
    assert_eq!(answer.header("connection"), Some("close"));
    // Nothing more is read.
    let _ = raw.output.write_all(request.as_bytes()).await;
    raw.ended().await;
    server.stopped().await;
}
