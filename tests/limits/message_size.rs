//! Limits on the size, number and depth of messages and results.

use crate::support::{TestServer, frame, text};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Bytes, Message};

const MAX_FRAME: usize = 64 * 1024;

/// A request of exactly this many bytes.
fn sized(bytes: usize) -> String {
    let around = r#"["creature","create",{"id":"bob","bio":""},1]"#.len();
    format!(
        r#"["creature","create",{{"id":"bob","bio":"{}"}},1]"#,
        "x".repeat(bytes - around)
    )
}

#[tokio::test]
async fn frame_of_maximum_size_is_served() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let message = sized(MAX_FRAME);
    assert_eq!(message.len(), MAX_FRAME);
    assert_eq!(client.ask_text(&message).await[2]["ok"]["id"], "bob");
}

#[tokio::test]
async fn oversized_frame_closes_with_1009_after_replies() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.send(json!(["creature", "count", null, 1])).await;
    client.send_text(sized(MAX_FRAME + 1)).await;
    assert_eq!(
        client.rest().await,
        (
            vec![json!(["creature", "count", {"ok": 0, "seq": 0}, 1])],
            Some(1009)
        )
    );
}

#[tokio::test]
async fn oversized_fragmented_message_closes_with_1009() {
    let server = TestServer::start().await;
    let mut raw = server.raw_websocket_connection().await;
    raw.send(frame(0x01, &vec![b' '; MAX_FRAME])).await;
    raw.send(frame(0x80, b" ")).await;
    assert_eq!(raw.read_to_close().await.1, 1009);
}

#[tokio::test]
async fn configured_max_frame_is_enforced() {
    let server = TestServer::start_with(|config| config.connection.max_frame = 1000).await;
    let mut client = server.client().await;
    assert_eq!(client.ask_text(&sized(1000)).await[2]["ok"]["id"], "bob");
    client.send_text(sized(1001)).await;
    assert_eq!(client.close_code().await, Some(1009));
}

#[tokio::test]
async fn fragmented_message_is_reassembled() {
    let server = TestServer::start().await;
    let mut raw = server.raw_websocket_connection().await;
    let request = br#"["creature","count",null,7]"#;
    raw.send(frame(0x01, &request[..5])).await;
    raw.send(frame(0x00, &[])).await;
    raw.send(frame(0x89, b"in between")).await;
    raw.send(frame(0x80, &request[5..])).await;
    let pong = raw.read_frame().await;
    assert_eq!((pong.opcode, &*pong.payload), (0xa, &b"in between"[..]));
    assert_eq!(raw.read_frame().await.json()[3], 7);
}

#[tokio::test]
async fn binary_message_closes_with_1003_after_replies() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.send(json!(["creature", "count", null, 1])).await;
    client
        .send_message(Message::Binary(Bytes::from_static(
            br#"["creature","count",null,2]"#,
        )))
        .await;
    assert_eq!(
        client.rest().await,
        (
            vec![json!(["creature", "count", {"ok": 0, "seq": 0}, 1])],
            Some(1003)
        )
    );
}

#[tokio::test]
async fn invalid_utf8_closes_with_1007() {
    for bytes in [&b"[\"\xff\"]"[..], b"\xed\xa0\x80", b"[\"\xc3", b"\xc0\xaf"] {
        let server = TestServer::start().await;
        let mut raw = server.raw_websocket_connection().await;
        raw.send(text(r#"["creature","count",null,7]"#)).await;
        raw.send(frame(0x81, bytes)).await;
        let (frames, code) = raw.read_to_close().await;
        assert_eq!((frames.len(), code), (1, 1007), "{bytes:?}");
    }
}

#[tokio::test]
async fn too_deep_message_is_rejected_and_connection_stays() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for depth in [64, 200, 30_000] {
        let (opening, closing) = ("[".repeat(depth), "]".repeat(depth));
        let answer = client
            .ask_text(&format!(
                r#"["creature","create",{{"tags":{opening}{closing}}},1]"#
            ))
            .await;
        assert_eq!(answer[2]["err"]["code"], "too_large", "{depth}");
        assert_eq!(
            answer[2]["err"]["limit"],
            json!({"name": "max_depth", "value": 64}),
            "{depth}"
        );
        assert_eq!(answer[3], 1);
    }
    client.assert_alive().await;
}

#[tokio::test]
async fn message_of_maximum_depth_is_parsed() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    // The frame is one level, and the payload is another.
    let (opening, closing) = ("[".repeat(62), "]".repeat(62));
    let answer = client
        .ask_text(&format!(
            r#"["creature","create",{{"tags":{opening}{closing}}},1]"#
        ))
        .await;
    assert_eq!(answer[2]["err"]["fields"][0]["path"], "tags[0]", "{answer}");
}

#[tokio::test]
async fn brackets_in_strings_do_not_count_as_depth() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let bio = "\\\"[{".repeat(100);
    assert_eq!(
        client.ok("creature", "create", json!({"bio": bio})).await["bio"],
        bio
    );
}

#[tokio::test]
async fn indivisible_oversized_result_is_too_large() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for size in [1_048_576, 3_000_000] {
        let error = client.err("creature", "shout", json!({"size": size})).await;
        assert_eq!(
            (&error["code"], &error["limit"]["name"]),
            (&json!("too_large"), &json!("max_reply")),
            "{error}"
        );
    }
    assert_eq!(
        client
            .ok("creature", "shout", json!({"size": 1_048_000}))
            .await
            .as_str()
            .map(str::len),
        Some(1_048_000)
    );
}

#[tokio::test]
async fn oversized_get_of_several_ids_is_too_large() {
    let server = TestServer::start_with(|config| config.request.max_reply = 10_000).await;
    let mut client = server.client().await;
    let ids: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    for id in &ids {
        client
            .ok(
                "creature",
                "create",
                json!({"id": id, "bio": "x".repeat(1000)}),
            )
            .await;
    }
    assert_eq!(
        client
            .ok("creature", "get", json!({"id": ids[..5]}))
            .await
            .as_array()
            .map(Vec::len),
        Some(5)
    );
    assert_eq!(
        client.code("creature", "get", json!({"id": ids})).await,
        "too_large"
    );
}

#[tokio::test]
async fn list_is_truncated_at_max_reply_and_continues() {
    let server = TestServer::start_with(|config| config.request.max_reply = 10_000).await;
    let mut client = server.client().await;
    for n in 10..40 {
        client
            .ok(
                "creature",
                "create",
                json!({"id": n.to_string(), "bio": "x".repeat(1000)}),
            )
            .await;
    }
    let (mut seen, mut query, mut pages) = (Vec::new(), json!({}), 0);
    loop {
        client.send(json!(["creature", "all", query, 1])).await;
        let Some(Message::Text(text)) = client.next().await else {
            panic!("no reply")
        };
        assert!(text.len() <= 10_000, "{}", text.len());
        let reply: Value = serde_json::from_str(&text).expect("JSON");
        let records = reply[2]["ok"].as_array().expect("a list");
        seen.extend(
            records
                .iter()
                .map(|record| record["id"].as_str().expect("an id").to_owned()),
        );
        pages += 1;
        match reply[2]["next"].as_str() {
            Some(next) => query = json!({"$after": next}),
            None => break,
        }
    }
    assert_eq!(seen, (10..40).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(pages, 4);
}

#[tokio::test]
async fn write_with_an_oversized_reply_is_not_applied() {
    let server = TestServer::start_with(|config| config.request.max_reply = 10_000).await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    let bio = "x".repeat(10_000);
    for (action, payload) in [
        ("shoutAndGrow", json!({"id": "bob", "size": 10_000})),
        ("update", json!({"id": "bob", "bio": bio})),
        ("save", json!({"id": "larry", "bio": bio})),
        ("create", json!({"id": "larry", "bio": bio})),
    ] {
        assert_eq!(
            client.code("creature", action, payload).await,
            "too_large",
            "{action}"
        );
        assert_eq!(client.head().await, 1, "{action}");
    }
}

#[tokio::test]
async fn reported_payload_faults_are_limited_to_100() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let many: serde_json::Map<_, _> = (0..500).map(|n| (format!("x{n}"), json!(n))).collect();
    let error = client.err("creature", "create", json!(many)).await;
    assert_eq!(error["fields"].as_array().map(Vec::len), Some(100));
    assert_eq!(
        error["message"],
        "the payload is invalid in 500 places; only the first are listed"
    );
}
