//! Malformed and misleading handshakes.

use crate::support::{HANDSHAKE, TestServer, within};
use tokio::io::AsyncReadExt;

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

#[tokio::test]
async fn oversized_negotiation_headers_are_ignored() {
    let server = TestServer::start().await;
    let lists = [
        ",".repeat(15_000),
        " ".repeat(15_000) + "x",
        "a,".repeat(7_000) + "!",
        format!("b{}x", " ".repeat(15_000)),
        "a; ".repeat(5_000),
        "\"".repeat(15_000),
        "constructor, __proto__, toString".to_owned(),
        "a; b=\"\\".to_owned(),
        "sockful.1\u{e9}".to_owned(),
    ];
    for header in ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"] {
        for list in &lists {
            let mut raw = server.raw_connection().await;
            raw.send(format!("{HANDSHAKE}{header}: {list}\r\n\r\n"))
                .await;
            let head = raw.read_head().await.to_lowercase();
            let start: String = list.chars().take(10).collect();
            assert!(head.starts_with("http/1.1 101"), "{start}: {head}");
            assert!(
                !head.contains("sec-websocket-protocol") && !head.contains("extensions"),
                "{start}: {head}"
            );
        }
    }
}

#[tokio::test]
async fn malformed_upgrade_is_rejected() {
    let server = TestServer::start().await;
    let handshake = format!("{HANDSHAKE}\r\n");
    let broken = [
        handshake.replace("Upgrade: websocket", "Upgrade: h2c"),
        handshake.replace("Upgrade: websocket", "Upgrade: \u{0}"),
        handshake.replace("Upgrade: websocket", "Upgrade: websocketx"),
        handshake.replace("Connection: Upgrade", "Connection: close"),
        handshake.replace("Connection: Upgrade", "Connection: Upgradex"),
        handshake.replace("GET /", "GET /socket.io/?EIO=4&transport=websocket"),
        handshake.replace("GET /", "OPTIONS *"),
        handshake.replace("GET /", "CONNECT /"),
        handshake.replace("GET /", "GET //"),
        handshake.replace("HTTP/1.1", "HTTP/1.0"),
        handshake.replace("HTTP/1.1", "HTTP/2.0"),
        handshake.replace("HTTP/1.1", "HTTP/9"),
        handshake.replace("Host: localhost", "Host localhost"),
        handshake.replace("Host: localhost", ": localhost"),
        handshake.replace("\r\n\r\n", "\r\n \r\n\r\n"),
        handshake.replace(KEY, ""),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "\u{0}\u{0}\u{0}\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nzzz".to_owned(),
    ];
    for request in broken {
        let mut raw = server.raw_connection().await;
        raw.send(&request).await;
        let mut head = [0; 12];
        let read = within("a response or the end", raw.input.read_exact(&mut head)).await;
        let head = String::from_utf8_lossy(&head).into_owned();
        assert!(
            read.is_err() || !head.ends_with("101"),
            "{request:?}: {head}"
        );
    }
    server.client().await.assert_alive().await;
}

#[tokio::test]
async fn origin_resembling_an_allowed_one_is_rejected() {
    let server = TestServer::start_with(|config| {
        config.access.allowed_origins = vec!["https://ok.com".to_owned()];
    })
    .await;
    let status = async |origin: &str| {
        let request = format!("{HANDSHAKE}Origin: {origin}\r\n\r\n");
        server.raw_connection().await.status_of(request).await
    };
    for origin in [
        "https://ok.com.evil.com",
        "https://evil.com/https://ok.com",
        "https://ok.com@evil.com",
        "https://ok.com:443@evil.com",
        "https://evil@ok.com",
        "https://ok.com.",
        "https://ok.com:444",
        "https://ok.com:0",
        "https://ok.com/x",
        "https://ok.com?x",
        "https://ok.com#x",
        "https://ok.com\\.evil.com",
        "https://ok.com%2eevil.com",
        "https://notok.com",
        "https://www.ok.com",
        "http://ok.com",
        "wss://ok.com",
        "ok.com",
        "//ok.com",
        "https://",
        "https://*",
        "*",
        "null",
        "file://",
        "https://ok.com https://ok.com",
        "https://ok.com, https://ok.com",
        "https://\u{1d0}k.com",
    ] {
        assert_eq!(status(origin).await, "403", "{origin}");
    }
    for origin in ["https://ok.com", "HTTPS://OK.com", "https://ok.com:443"] {
        assert_eq!(status(origin).await, "101", "{origin}");
    }
}
