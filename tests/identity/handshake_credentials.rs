//! Credentials in the headers and cookies of the handshake.

use crate::support::{HANDSHAKE, RawConnection, TestServer, frame, freeze_time, notes_app, within};
use serde_json::{Value, json};
use sockful::Config;
use std::time::Duration;
use tokio::io::AsyncReadExt;

async fn shake_hands(server: &TestServer, header: &str) -> (String, RawConnection) {
    let mut raw = server.raw_connection().await;
    let status = raw.status_of(format!("{HANDSHAKE}{header}\r\n")).await;
    (status, raw)
}

/// Returns the payload of the reply to `whoami`, after the handshake. Asserts that the hello allows idempotency
/// keys if the client is authenticated.
async fn whoami(mut raw: RawConnection) -> Value {
    let hello = raw.read_frame().await.json();
    raw.send(frame(0x81, br#"["note","whoami",null,1]"#)).await;
    let payload = raw.read_frame().await.json()[2].take();
    assert_eq!(
        hello[2]["keys"],
        payload.get("ok").is_some(),
        "{hello} {payload}"
    );
    payload
}

#[tokio::test]
async fn handshake_accepts_bearer_token_and_cookie() {
    let server = notes_app::start().await;
    for header in [
        "Authorization: Bearer bob\r\n",
        "Cookie: other=1; session=bob\r\n",
        "Cookie: other=1\r\nCookie: session=\"bob\"\r\n",
    ] {
        let (status, raw) = shake_hands(&server, header).await;
        assert_eq!(status, "101", "{header}");
        assert_eq!(whoami(raw).await["ok"], "bob", "{header}");
    }
}

#[tokio::test]
async fn handshake_without_credentials_is_unauthenticated() {
    let server = notes_app::start().await;
    for header in ["", "Cookie: other=1\r\n", "Cookie: session=\r\n"] {
        let (status, raw) = shake_hands(&server, header).await;
        assert_eq!(status, "101", "{header}");
        assert_eq!(
            whoami(raw).await["err"]["code"],
            "unauthenticated",
            "{header}"
        );
    }
}

#[tokio::test]
async fn rejected_credentials_end_handshake_without_cause() {
    let server = notes_app::start().await;
    for (header, expected) in [
        ("Authorization: Bearer\r\n", "401"),
        ("Authorization: Bearer bob:1000\r\n", "401"),
        ("Authorization: Bearer away\r\n", "503"),
        ("Cookie: session=away\r\n", "503"),
        ("Authorization: Bearer broken\r\n", "500"),
        ("Cookie: session=panic\r\n", "500"),
    ] {
        let mut raw = server.raw_connection().await;
        raw.send(format!("{HANDSHAKE}{header}\r\n")).await;
        let head = raw.read_head().await.to_lowercase();
        assert_eq!(head.split(' ').nth(1), Some(expected), "{header} {head}");
        let length = head.split("content-length: ").nth(1).expect("a length");
        let length = length.split('\r').next().and_then(|it| it.parse().ok());
        let mut body = vec![0; length.expect("a number")];
        let read = raw.input.read_exact(&mut body);
        within("the body", read)
            .await
            .expect("the body is complete");
        let body = String::from_utf8(body).expect("a text");
        assert!(
            !body.contains("database") && !body.contains("panic"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn token_in_the_url_query_is_ignored() {
    let server = notes_app::start().await;
    let mut raw = server.raw_connection().await;
    let handshake = HANDSHAKE.replace("GET / ", "GET /?token=bob&session=bob ");
    assert_eq!(raw.status_of(format!("{handshake}\r\n")).await, "101");
    assert_eq!(whoami(raw).await["err"]["code"], json!("unauthenticated"));
}

#[tokio::test]
async fn authentication_counts_against_the_rate_limit() {
    freeze_time();
    let mut config = Config::default();
    config.request.max_request_rate = 1;
    config.request.request_burst = 12;
    let server = TestServer::serve(notes_app::server().config(config)).await;
    let mut raw = server.raw_connection().await;
    for status in [401, 401, 429] {
        let response = raw
            .http(
                "GET /sockful/schema.json",
                "Authorization: Bearer bob:1000\r\n",
                "",
            )
            .await;
        assert_eq!(response.status, status, "{response:?}");
    }
}

#[tokio::test]
async fn authentication_times_out() {
    let mut config = Config::default();
    config.http.handshake_timeout = Duration::from_secs(1);
    let server = TestServer::serve(notes_app::server().config(config)).await;
    let asleep = "Authorization: Bearer asleep\r\n";
    assert_eq!(shake_hands(&server, asleep).await.0, "503");
    for address in ["/api/note", "/sockful/schema.json"] {
        let mut raw = server.raw_connection().await;
        let response = raw.http(&format!("GET {address}"), asleep, "").await;
        assert_eq!(response.status, 503, "{response:?}");
    }
}
