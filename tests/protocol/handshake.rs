//! The WebSocket handshake: negotiation, refusals, origins, timeouts.

use crate::support::{HANDSHAKE, RawConnection, TestServer, freeze_time, text, within};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn other_websocket_version_is_rejected() {
    let server = TestServer::start().await;
    for version in ["8", "12", "99", "x", ""] {
        let handshake = HANDSHAKE.replace("Version: 13", &format!("Version: {version}"));
        let status = server
            .raw_connection()
            .await
            .status_of(format!("{handshake}\r\n"))
            .await;
        assert!(status.starts_with('4'), "{version}: {status}");
    }
}

#[tokio::test]
async fn incomplete_handshake_is_rejected() {
    let server = TestServer::start().await;
    for line in [
        "Connection: Upgrade\r\n",
        "Sec-WebSocket-Version: 13\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ] {
        let status = server
            .raw_connection()
            .await
            .status_of(format!("{}\r\n", HANDSHAKE.replace(line, "")))
            .await;
        assert!(status.starts_with('4'), "{line}: {status}");
    }
    let posted = HANDSHAKE.replace("GET", "POST");
    assert!(
        server
            .raw_connection()
            .await
            .status_of(format!("{posted}\r\n"))
            .await
            .starts_with('4')
    );
}

#[tokio::test]
async fn offered_subprotocol_is_selected() {
    let server = TestServer::start().await;
    for offers in [
        "sockful.1",
        "graphql-ws, sockful.1",
        "a,sockful.1 ,b",
        "a\r\nSec-WebSocket-Protocol: sockful.1",
    ] {
        let mut raw = server.raw_connection().await;
        raw.send(format!(
            "{HANDSHAKE}Sec-WebSocket-Protocol: {offers}\r\n\r\n"
        ))
        .await;
        let head = raw.read_head().await.to_lowercase();
        assert!(head.starts_with("http/1.1 101"), "{head}");
        assert!(
            head.contains("sec-websocket-protocol: sockful.1\r\n"),
            "{offers}: {head}"
        );
    }
}

#[tokio::test]
async fn unknown_subprotocol_is_not_selected() {
    let server = TestServer::start().await;
    for offers in [
        "sockful.2",
        "sockful.10",
        "SOCKFUL.1",
        "",
        ",,,",
        "sockful.1x",
    ] {
        let mut raw = server.raw_connection().await;
        raw.send(format!(
            "{HANDSHAKE}Sec-WebSocket-Protocol: {offers}\r\n\r\n"
        ))
        .await;
        let head = raw.read_head().await.to_lowercase();
        assert!(
            head.starts_with("http/1.1 101") && !head.contains("sec-websocket-protocol"),
            "{offers}: {head}"
        );
    }
}

#[tokio::test]
async fn compression_is_never_negotiated() {
    let server = TestServer::start().await;
    let offers = [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame",
        "constructor, __proto__; a=\"",
    ];
    for offer in offers {
        let mut raw = server.raw_connection().await;
        raw.send(format!(
            "{HANDSHAKE}Sec-WebSocket-Extensions: {offer}\r\n\r\n"
        ))
        .await;
        let head = raw.read_head().await.to_lowercase();
        assert!(
            head.starts_with("http/1.1 101") && !head.contains("extensions"),
            "{offer}: {head}"
        );
    }
}

#[tokio::test]
async fn frames_sent_with_the_handshake_are_served() {
    let server = TestServer::start().await;
    let mut raw = server.raw_connection().await;
    let mut bytes = format!("{HANDSHAKE}\r\n").into_bytes();
    for _ in 0..40 {
        bytes.extend(text(r#"["creature","count",null,7]"#));
    }
    assert_eq!(raw.status_of(bytes).await, "101");
    assert_eq!(raw.read_frame().await.json()[1], "hello");
    for _ in 0..40 {
        assert_eq!(raw.read_frame().await.json()[3], 7);
    }
}

#[tokio::test]
async fn handshake_that_never_begins_times_out() {
    let server =
        TestServer::start_with(|config| config.http.handshake_timeout = Duration::from_millis(100))
            .await;
    server.raw_connection().await.ended().await;
}

#[tokio::test]
async fn dripping_handshake_times_out() {
    let server =
        TestServer::start_with(|config| config.http.handshake_timeout = Duration::from_millis(200))
            .await;
    let mut raw = server.raw_connection().await;
    raw.send(HANDSHAKE).await;
    raw.send("X-Long: ").await;
    // Each byte arrives in time, so only a timeout that starts with the first byte applies.
    let dripping = async {
        let mut drops = tokio::time::interval(Duration::from_millis(20));
        while raw.output.write_all(b"a").await.is_ok() {
            drops.tick().await;
        }
    };
    within("the end of the drip", dripping).await;
}

/// Connects as soon as the server has room.
async fn connect_when_free(server: &TestServer) -> RawConnection {
    let connect = async {
        loop {
            let mut raw = server.raw_connection().await;
            if raw.status_of(format!("{HANDSHAKE}\r\n")).await == "101" {
                return raw;
            }
        }
    };
    within("a free connection slot", connect).await
}

#[tokio::test]
async fn connection_over_the_limit_gets_503() {
    let server = TestServer::start_with(|config| config.connection.max_connections = 1).await;
    let mut first = server.client().await;
    for _ in 0..20 {
        let mut raw = server.raw_connection().await;
        raw.send(format!("{HANDSHAKE}\r\n")).await;
        let head = raw.read_head().await.to_lowercase();
        assert!(head.starts_with("http/1.1 503 "), "{head}");
        assert!(
            head.contains("retry-after: ") && head.contains("connection: close"),
            "{head}"
        );
        first.assert_alive().await;
    }
    // A connection that sends nothing is refused as well.
    assert!(
        server
            .raw_connection()
            .await
            .read_head()
            .await
            .starts_with("HTTP/1.1 503 ")
    );
    drop(first);
    connect_when_free(&server).await;
}

#[tokio::test]
async fn connection_over_the_rate_gets_503() {
    freeze_time();
    let server = TestServer::start_with(|config| config.connection.max_connection_rate = 3).await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        let mut raw = server.raw_connection().await;
        statuses.push(raw.status_of(format!("{HANDSHAKE}\r\n")).await);
    }
    assert_eq!(statuses[..3], ["101", "101", "101"]);
    assert!(statuses.contains(&"503".to_owned()), "{statuses:?}");
}

#[tokio::test]
async fn failed_handshake_frees_its_connection_slot() {
    let server = TestServer::start_with(|config| config.connection.max_connections = 1).await;
    for _ in 0..5 {
        let mut raw = server.raw_connection().await;
        raw.send("nonsense\r\n\r\n").await;
        raw.ended().await;
    }
    for _ in 0..5 {
        let mut raw = server.raw_connection().await;
        raw.send(HANDSHAKE).await;
    }
    connect_when_free(&server).await;
}

#[tokio::test]
async fn other_origin_is_rejected_unless_allowed() {
    let server = TestServer::start_with(|config| {
        config.access.allowed_origins = vec!["https://app.example.com".to_owned()];
    })
    .await;
    for (origin, status) in [
        ("https://app.example.com", "101"),
        ("http://localhost", "101"),
        ("https://app.example.com.evil.org", "403"),
        ("http://app.example.com", "403"),
        ("null", "403"),
    ] {
        let request = format!("{HANDSHAKE}Origin: {origin}\r\n\r\n");
        assert_eq!(
            server.raw_connection().await.status_of(request).await,
            status,
            "{origin}"
        );
    }
}
