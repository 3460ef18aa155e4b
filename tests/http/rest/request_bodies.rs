//! Request bodies.

use super::{ask, response};
use crate::support::TestServer;
use crate::writes::create_and_get::{bob, with_bob};
use serde_json::json;
use std::time::Duration;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

#[tokio::test]
async fn body_may_be_json_or_a_form() {
    let server = TestServer::start().await;
    let form = "id=bob&life=7&tame=on&weight=&tags=a&tags=b+c&bio=42";
    let json = r#" {"id":"bob","life":7,"tame":true,"tags":["a","b c"],"bio":"42"} "#;
    for (kind, body) in [
        (FORM, form),
        // curl sends this content type by default.
        (FORM, json),
        ("", json),
        ("Content-Type: application/json; charset=utf-8\r\n", json),
        ("Content-Type: application/vnd.api+json\r\n", json),
    ] {
        let made = ask(&server, "POST /api/creature", kind, body).await;
        assert_eq!(made.status, 201, "{kind} {made:?}");
        let made = &made.json()["ok"];
        assert_eq!(
            (&made["life"], &made["tame"], &made["bio"]),
            (&json!(7), &json!(true), &json!("42"))
        );
        assert_eq!(made["tags"], json!(["a", "b c"]), "{kind}");
        ask(&server, "DELETE /api/creature/bob", "", "").await;
    }
    let fed = ask(&server, "POST /api/creature", FORM, "id=eve").await;
    assert_eq!(fed.status, 201);
    let fed = ask(&server, "POST /api/creature/eve/feed", FORM, "amount=5").await;
    assert_eq!(fed.json()["ok"], "I have been fed my life is: 15");
}

#[tokio::test]
async fn other_content_type_is_415() {
    let server = TestServer::start().await;
    for headers in [
        "Content-Type: text/plain\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
    ] {
        let answer = ask(&server, "POST /api/creature", headers, r#"{"id":"bob"}"#).await;
        assert_eq!(answer.status, 415, "{headers}");
        assert_eq!(answer.json()["err"]["code"], "bad_frame");
    }
    assert_eq!(server.client().await.head().await, 0);
}

#[tokio::test]
async fn malformed_body_cannot_inject_frame_parts() {
    let server = TestServer::start().await;
    for body in [
        r#"{"id":"bob"},1,{"timeout_ms":1}"#,
        r#"{"id":"bob"}],["x""#,
        r#"{"id":"bob""#,
        "\u{feff}{}",
        "id",
    ] {
        let (status, error) = response(&server, "POST /api/creature", body).await;
        assert_eq!(
            (status, &error["err"]["code"]),
            (400, &json!("bad_frame")),
            "{body}"
        );
    }
    for body in ["[1]", "7", "\"bob\""] {
        let (status, error) = response(&server, "POST /api/creature", body).await;
        assert_eq!(
            (status, &error["err"]["code"]),
            (422, &json!("invalid")),
            "{body}"
        );
    }
    assert_eq!(server.client().await.head().await, 0);
}

#[tokio::test]
async fn byte_order_mark_is_named() {
    let server = TestServer::start().await;
    for body in [&b"\xef\xbb\xbf{}"[..], b"\xff\xfe{\0}\0", b"\xfe\xff\0{\0}"] {
        let mut raw = server.raw_connection().await;
        let head = "POST /api/creature HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";
        raw.send(format!("{head}{}\r\n\r\n", body.len())).await;
        raw.send(body).await;
        let answer = raw.answer(false).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("byte-order mark"), "{answer:?}");
    }
    let mut client = server.client().await;
    client
        .send_text("\u{feff}[\"creature\",\"find\",{},1]")
        .await;
    let refused = client.recv().await;
    let message = refused[2]["err"]["message"].as_str();
    assert!(
        message.is_some_and(|it| it.contains("byte-order mark")),
        "{refused}"
    );
}

#[tokio::test]
async fn record_read_over_http_can_be_changed_and_put() {
    let (server, _client) = with_bob().await;
    let mut record = response(&server, "GET /api/creature/bob", "").await.1["ok"].take();
    record["life"] = json!(3);
    let (status, saved) = response(&server, "PUT /api/creature/bob", &record.to_string()).await;
    assert_eq!((status, &saved["ok"]), (200, &record));
    let mut other = record.clone();
    other["id"] = json!("eve");
    for method in ["PUT", "PATCH", "DELETE"] {
        let request = format!("{method} /api/creature/bob");
        let (status, error) = response(&server, &request, &other.to_string()).await;
        assert_eq!(
            (status, &error["err"]["fields"][0]["rule"]),
            (422, &json!("address"))
        );
    }
    let (_, read) = response(&server, "GET /api/creature/bob", "").await;
    assert_eq!(read["ok"], record);
    assert_ne!(record, bob());
}

#[tokio::test]
async fn too_large_or_deep_body_is_413_with_its_limit() {
    let server = TestServer::start().await;
    let large = json!({"id": "bob", "bio": "x".repeat(70_000)}).to_string();
    let deep = format!(
        r#"{{"id":"bob","tags":{}{}}}"#,
        "[".repeat(100),
        "]".repeat(100)
    );
    for (body, limit) in [(large, "max_frame"), (deep, "max_depth")] {
        let (status, error) = response(&server, "POST /api/creature", &body).await;
        assert_eq!(
            (status, &error["err"]["limit"]["name"]),
            (413, &json!(limit))
        );
    }
}

#[tokio::test]
async fn missing_body_is_408() {
    let server =
        TestServer::start_with(|config| config.http.handshake_timeout = Duration::from_secs(1))
            .await;
    let mut raw = server.raw_connection().await;
    raw.send("POST /api/creature HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{")
        .await;
    let answer = raw.answer(false).await;
    assert_eq!(answer.status, 408, "{answer:?}");
}
