//! Hostile clients: memory stays bounded and other clients are not affected.

use crate::support::{RawConnection, TestServer, frame, resident_bytes, text, within};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn names_special_in_other_languages_are_unknown() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let long = "x".repeat(65_000);
    let names = [
        "constructor",
        "__proto__",
        "toString",
        "error",
        "die",
        "",
        "hasOwnProperty",
        "define",
        "Get",
        "get ",
        "creature.get",
        &long,
    ];
    for name in names {
        assert_eq!(
            client.code("creature", name, json!({"id": "bob"})).await,
            "unknown_action",
            "{name}"
        );
        assert_eq!(
            client.code("sockful", name, json!(null)).await,
            "unknown_action",
            "{name}"
        );
        assert_eq!(
            client.code(name, "get", json!({"id": "bob"})).await,
            "unknown_resource",
            "{name}"
        );
    }
}

#[tokio::test]
async fn frame_announcing_2_to_the_62_bytes_gets_1009() {
    let server = TestServer::start().await;
    let before = resident_bytes();
    for length in [1_u64 << 62, (1 << 63) - 1, 65_537] {
        let mut raw = server.raw_websocket_connection().await;
        let mut header = vec![0x81, 0xff];
        header.extend(length.to_be_bytes());
        header.extend([0; 4]);
        raw.send(text(r#"["creature","count",null,7]"#)).await;
        raw.send(header).await;
        let (frames, code) = raw.read_to_close().await;
        assert_eq!((frames.len(), code), (1, 1009), "{length}");
    }
    assert!(
        resident_bytes() < before + 100 * MIB,
        "memory is allocated for received bytes only"
    );
}

#[tokio::test]
async fn endless_empty_fragments_close_with_1008() {
    let server = TestServer::start().await;
    let mut other = server.client().await;
    let RawConnection {
        mut input,
        mut output,
    } = server.raw_websocket_connection().await;
    let flood = async {
        let fragments = frame(0x00, &[]).repeat(1000);
        let mut sent = output.write_all(&frame(0x01, &[])).await;
        for _ in 0..1000 {
            if sent.is_ok() {
                sent = output.write_all(&fragments).await;
            }
        }
    };
    let close = async {
        let mut head = [0; 4];
        input.read_exact(&mut head).await.expect("a close frame");
        (head[0], u16::from_be_bytes([head[2], head[3]]))
    };
    let others = async {
        for _ in 0..100 {
            other.assert_alive().await;
        }
    };
    let ((), close, ()) = within("the end of the flood", async {
        tokio::join!(flood, close, others)
    })
    .await;
    assert_eq!(close, (0x88, 1008));
}

#[tokio::test]
async fn websocket_protocol_violation_closes_with_1002() {
    let broken = [
        // Compressed, not masked, an undefined opcode, a continuation without a start, a long ping, a fragmented
        // ping.
        frame(0xc1, b"[]"),
        vec![0x81, 0x02, b'[', b']'],
        frame(0x83, b"[]"),
        frame(0x80, b"[]"),
        frame(0x89, &[0; 126]),
        frame(0x09, b"part"),
    ];
    let server = TestServer::start().await;
    for bytes in broken {
        let mut raw = server.raw_websocket_connection().await;
        raw.send(&bytes).await;
        assert_eq!(raw.read_to_close().await.1, 1002, "{bytes:?}");
    }
}

#[tokio::test]
async fn close_frame_is_answered_and_connection_ends() {
    let server = TestServer::start().await;
    let long = [&[0x03, 0xe8][..], &[b'x'; 123]].concat();
    for payload in [&[][..], &[0x03, 0xe8], &long] {
        let mut raw = server.raw_websocket_connection().await;
        raw.send(frame(0x88, payload)).await;
        let close = raw.read_frame().await;
        assert_eq!(close.opcode, 8);
        assert!(close.payload.len() <= 125);
        raw.ended().await;
    }
}

#[tokio::test]
async fn requests_before_a_close_are_answered_first() {
    let server = TestServer::start().await;
    let mut raw = server.raw_websocket_connection().await;
    let mut bytes = text(r#"["creature","count",null,7]"#).repeat(100);
    bytes.extend(frame(0x88, &[0x03, 0xe8]));
    raw.send(bytes).await;
    let (frames, code) = raw.read_to_close().await;
    assert_eq!((frames.len(), code), (100, 1000));
}

/// Fills the server with a thousand records whose list is close to 1 MiB.
async fn fill(server: &TestServer) {
    let mut client = server.client().await;
    let bio = "x".repeat(800);
    client
        .send_all(
            (0..1000).map(|n| json!(["creature", "create", {"id": n.to_string(), "bio": bio}])),
        )
        .await;
    client.assert_alive().await;
}

#[tokio::test]
async fn client_that_never_reads_is_throttled_then_closed() {
    let server = TestServer::start_with(|config| {
        config.connection.write_timeout = Duration::from_secs(1);
        // No rate limit, so that the client sends as fast as it can.
        (
            config.request.max_request_rate,
            config.request.request_burst,
        ) = (u32::MAX, u32::MAX);
    })
    .await;
    fill(&server).await;
    let mut other = server.client().await;
    let RawConnection { input, mut output } = server.raw_websocket_connection().await;
    let before = resident_bytes();
    let mut sent_bytes = 0;
    let send_forever = async {
        let requests = text(r#"["creature","all",{"$limit":1000},1]"#).repeat(1000);
        while output.write_all(&requests).await.is_ok() {
            sent_bytes += requests.len();
        }
    };
    let others = async {
        loop {
            other.assert_alive().await;
            tokio::task::yield_now().await;
        }
    };
    let unread = async {
        tokio::select! {
            () = send_forever => {}
            () = others => {}
        }
    };
    within("the end of the connection", unread).await;
    drop(input);
    // The server stops reading, so only the kernel's buffers hold requests.
    assert!(
        sent_bytes < 32 * MIB,
        "{sent_bytes} bytes of requests were accepted"
    );
    assert!(
        resident_bytes() < before + 150 * MIB,
        "replies are buffered without a limit"
    );
}

#[tokio::test]
async fn slow_reader_has_bounded_memory() {
    let server = TestServer::start().await;
    fill(&server).await;
    let RawConnection {
        mut input,
        mut output,
    } = server.raw_websocket_connection().await;
    let before = resident_bytes();
    let send_forever = async {
        let requests = text(r#"["creature","all",{"$limit":1000},1]"#).repeat(100);
        while output.write_all(&requests).await.is_ok() {}
    };
    let read_slowly = async {
        let mut buffer = vec![0; 4 * 1024];
        let mut left = 200 * MIB;
        while left > 0 {
            left = left.saturating_sub(
                input
                    .read(&mut buffer)
                    .await
                    .expect("the connection is open"),
            );
            // The server runs after each read, so replies are always pending.
            tokio::task::yield_now().await;
        }
    };
    let unread = async {
        tokio::select! {
            () = send_forever => panic!("the server closed"),
            () = read_slowly => {}
        }
    };
    within("200 MiB of replies", unread).await;
    assert!(
        resident_bytes() < before + 150 * MIB,
        "sent replies stay in memory: {} MiB",
        (resident_bytes() - before) / MIB
    );
}

#[tokio::test]
async fn ping_flood_without_reads_is_stopped() {
    let server = TestServer::start_with(|config| {
        config.connection.write_timeout = Duration::from_millis(500);
    })
    .await;
    let mut other = server.client().await;
    let RawConnection { input, mut output } = server.raw_websocket_connection().await;
    let mut sent_bytes = 0;
    let flood = async {
        let pings = frame(0x89, &[7; 125]).repeat(500);
        while output.write_all(&pings).await.is_ok() {
            sent_bytes += pings.len();
        }
    };
    within("the end of the flood", flood).await;
    drop(input);
    // The number of pending pongs is at most the number of accepted pings.
    assert!(
        sent_bytes < 64 * MIB,
        "{sent_bytes} bytes of pings were accepted"
    );
    other.assert_alive().await;
}

#[tokio::test]
async fn connection_cut_within_a_frame_affects_no_other() {
    let server = TestServer::start().await;
    let message = text(r#"["creature","create",{"id":"bob"},7]"#);
    for cut in 0..message.len() {
        let mut raw = server.raw_websocket_connection().await;
        raw.send(&message[..cut]).await;
    }
    let mut client = server.client().await;
    assert_eq!(client.ok("creature", "count", json!({})).await, 0);
}
