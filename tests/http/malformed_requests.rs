//! Malformed and oversized HTTP requests.

use crate::support::{HANDSHAKE, TestServer};

#[tokio::test]
async fn non_http_bytes_are_rejected_and_closed() {
    let server = TestServer::start().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut raw = server.raw_connection().await;
        raw.send(bytes).await;
        raw.ended().await;
    }
    server.client().await.assert_alive().await;
}

#[tokio::test]
async fn two_thousand_headers_are_431() {
    let server = TestServer::start_with(|config| config.http.max_header_bytes = 64 * 1024).await;
    let headers = "A: b\r\n".repeat(2000);
    assert_eq!(
        server
            .raw_connection()
            .await
            .status_of(format!("{HANDSHAKE}{headers}\r\n"))
            .await,
        "431"
    );
}

#[tokio::test]
async fn oversized_head_is_431() {
    let server = TestServer::start().await;
    let header = "a".repeat(17 * 1024);
    assert_eq!(
        server
            .raw_connection()
            .await
            .status_of(format!("{HANDSHAKE}X: {header}\r\n\r\n"))
            .await,
        "431"
    );
}

#[tokio::test]
async fn endless_header_is_rejected() {
    let server = TestServer::start().await;
    let mut raw = server.raw_connection().await;
    raw.send(format!("{HANDSHAKE}X: {}", "a".repeat(64 * 1024)))
        .await;
    assert!(raw.read_head().await.starts_with("HTTP/1.1 431"));
    raw.ended().await;
}
