//! Frames that are expensive to process.

use crate::support::{TestServer, frame, resident_bytes, text, within};
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn frame_announcing_2_to_the_63_bytes_is_rejected() {
    let server = TestServer::start().await;
    let before = resident_bytes();
    for length in [1_u64 << 63, u64::MAX] {
        let mut raw = server.raw_websocket_connection().await;
        let mut header = vec![0x81, 0xff];
        header.extend(length.to_be_bytes());
        header.extend([0; 4]);
        raw.send(header).await;
        let (frames, code) = raw.read_to_close().await;
        assert!(frames.is_empty(), "{frames:?}");
        // The length is invalid in the protocol and over the limit.
        assert!(matches!(code, 1002 | 1009), "{code}");
    }
    assert!(
        resident_bytes() < before + (100 << 20),
        "memory is allocated"
    );
}

#[tokio::test]
async fn close_reason_over_123_bytes_is_a_protocol_error() {
    let server = TestServer::start().await;
    let payload = [&[0x03, 0xe8][..], &[b'x'; 124]].concat();
    let mut raw = server.raw_websocket_connection().await;
    raw.send(frame(0x88, &payload)).await;
    let close = raw.read_frame().await;
    assert_eq!(close.close_code(), 1002);
    assert!(!close.payload.ends_with(b"xx"));
    raw.ended().await;
}

#[tokio::test]
async fn close_reasons_of_the_server_fit_123_bytes() {
    let violations = [
        frame(0x82, b"binary"),
        frame(0x81, b"\xff"),
        frame(0xc1, b"[]"),
        frame(0x81, &vec![b' '; 65_537]),
        text("[]").repeat(32),
    ];
    let server = TestServer::start().await;
    for bytes in violations {
        let mut raw = server.raw_websocket_connection().await;
        raw.send(bytes).await;
        let close = loop {
            let frame = raw.read_frame().await;
            if frame.opcode == 8 {
                break frame;
            }
        };
        assert!((2..=125).contains(&close.payload.len()), "{close:?}");
    }
}

#[tokio::test]
async fn unfinished_message_is_freed_with_its_connection() {
    let server = TestServer::start_with(|config| {
        config.connection.ping_interval = Duration::from_millis(500);
        config.connection.pong_timeout = Duration::from_millis(500);
    })
    .await;
    let incomplete = [
        frame(0x01, br#"["creature","create",{"#),
        text(r#"["creature","count",null,1]"#)[..9].to_vec(),
        vec![0x81],
    ];
    for bytes in incomplete {
        let mut raw = server.raw_websocket_connection().await;
        raw.send(bytes).await;
        raw.ended().await;
    }
    server.client().await.assert_alive().await;
}

#[tokio::test]
async fn one_byte_fragments_form_one_message() {
    let server = TestServer::start().await;
    let mut raw = server.raw_websocket_connection().await;
    let request = format!(r#"["creature","count",null,"{}"]"#, "x".repeat(60));
    for _ in 0..50 {
        let mut bytes = frame(0x01, b"");
        for byte in request.bytes() {
            bytes.extend(frame(0x00, &[byte]));
        }
        bytes.extend(frame(0x80, b""));
        raw.send(bytes).await;
        assert_eq!(raw.read_frame().await.json()[2]["ok"], 0);
    }
}

/// Sends messages of the maximum size that are expensive to process.
#[tokio::test]
async fn degenerate_messages_of_maximum_size_are_rejected() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let lists = |count: usize| vec!["[]"; count].join(",");
    let messages = [
        (format!("[{}]", lists(20_000)), "bad_frame"),
        (" ".repeat(65_000), "bad_frame"),
        ("\n".repeat(65_000), "bad_frame"),
        (
            format!(r#"["sockful","commit",[{}],1]"#, lists(20_000)),
            "too_many",
        ),
        (
            format!(r#"["sockful","commit",[{}],1]"#, lists(100)),
            "invalid",
        ),
        (
            format!(r#"["creature","get",{{"id":[{}]}},1]"#, lists(20_000)),
            "too_many",
        ),
        (
            format!(
                r#"["creature","find",{{"$or":[{}]}},1]"#,
                vec!["{}"; 20_000].join(",")
            ),
            "invalid_query",
        ),
        (
            format!(r#"["creature","create",{{"tags":[{}]}},1]"#, lists(20_000)),
            "invalid",
        ),
        (
            format!(
                r#"["creature","create",{{{}"a":1}},1]"#,
                r#""a":1,"#.repeat(10_000)
            ),
            "invalid",
        ),
    ];
    for (message, code) in messages {
        let error = client.ask_text(&message).await[2]["err"].take();
        let head: String = message.chars().take(40).collect();
        assert_eq!(error["code"], code, "{head}: {error}");
        assert!(
            error.to_string().len() < 64 * 1024,
            "{head}: the reply is larger than the request"
        );
    }
    let spaced = format!(r#"["creature",{}"count",null,1]"#, " \n\t\r".repeat(16_000));
    assert_eq!(client.ask_text(&spaced).await[2]["ok"], 0);
}

#[tokio::test]
async fn unread_replies_do_not_delay_other_clients() {
    let server = TestServer::start_with(|config| {
        config.connection.write_timeout = Duration::from_millis(500);
        // No rate limit, so that the client sends as fast as it can.
        (
            config.request.max_request_rate,
            config.request.request_burst,
        ) = (u32::MAX, u32::MAX);
    })
    .await;
    let mut other = server.client().await;
    let raw = server.raw_websocket_connection().await;
    let (input, mut output) = (raw.input, raw.output);
    // Each reply reports a hundred faults.
    let faulty = json!(
        (0..300)
            .map(|n| (format!("x{n}"), json!(n)))
            .collect::<serde_json::Map<_, _>>()
    );
    let flood = async {
        let requests = text(&json!(["creature", "create", faulty, 1]).to_string()).repeat(50);
        while output.write_all(&requests).await.is_ok() {}
    };
    let others = async {
        loop {
            other.assert_alive().await;
            tokio::task::yield_now().await;
        }
    };
    within("the end of the flood", async {
        tokio::select! {
            () = flood => {}
            () = others => {}
        }
    })
    .await;
    drop(input);
    server.client().await.assert_alive().await;
}
