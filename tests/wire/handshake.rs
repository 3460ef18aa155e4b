//! The handshake: what is offered, what is refused, and how long it may take.

use crate::support::{HANDSHAKE, Running, text, within};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn a_handshake_of_another_version_is_refused() {
    let server = Running::start().await;
    for version in ["8", "12", "99", "x", ""] {
        let handshake = HANDSHAKE.replace("Version: 13", &format!("Version: {version}"));
        let status = server
            .raw()
            .await
            .status_of(format!("{handshake}\r\n"))
            .await;
        assert!(status.starts_with('4'), "{version}: {status}");
    }
}

#[tokio::test]
async fn a_handshake_that_lacks_something_is_refused() {
    let server = Running::start().await;
    for line in [
        "Connection: Upgrade\r\n",
        "Sec-WebSocket-Version: 13\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ] {
        let status = server
            .raw()
            .await
            .status_of(format!("{}\r\n", HANDSHAKE.replace(line, "")))
            .await;
        assert!(status.starts_with('4'), "{line}: {status}");
    }
    let posted = HANDSHAKE.replace("GET", "POST");
    assert!(
        server
            .raw()
            .await
            .status_of(format!("{posted}\r\n"))
            .await
            .starts_with('4')
    );
}

#[tokio::test]
async fn the_subprotocol_is_named_where_it_is_offered() {
    let server = Running::start().await;
    for offers in [
        "sockful.1",
        "graphql-ws, sockful.1",
        "a,sockful.1 ,b",
        "a\r\nSec-WebSocket-Protocol: sockful.1",
    ] {
        let mut raw = server.raw().await;
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
async fn another_subprotocol_is_not_named() {
    let server = Running::start().await;
    for offers in [
        "sockful.2",
        "sockful.10",
        "SOCKFUL.1",
        "",
        ",,,",
        "sockful.1x",
    ] {
        let mut raw = server.raw().await;
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
    let server = Running::start().await;
    let offers = [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame",
        "constructor, __proto__; a=\"",
    ];
    for offer in offers {
        let mut raw = server.raw().await;
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
async fn frames_that_come_with_the_handshake_are_served() {
    let server = Running::start().await;
    let mut raw = server.raw().await;
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
async fn a_handshake_that_never_begins_is_given_up() {
    let server =
        Running::with(|config| config.handshake_timeout = Duration::from_millis(100)).await;
    server.raw().await.ended().await;
}

#[tokio::test]
async fn a_handshake_that_drips_is_given_up_however_steadily_it_drips() {
    let server =
        Running::with(|config| config.handshake_timeout = Duration::from_millis(200)).await;
    let mut raw = server.raw().await;
    raw.send(HANDSHAKE).await;
    raw.send("X-Long: ").await;
    // Byte after byte, none of which ends the head: only a clock that runs from the first ends it.
    let dripping = async {
        let mut drops = tokio::time::interval(Duration::from_millis(20));
        while raw.output.write_all(b"a").await.is_ok() {
            drops.tick().await;
        }
    };
    within("the end of the drip", dripping).await;
}

#[tokio::test]
async fn a_connection_over_the_limit_waits_until_another_ends() {
    let server = Running::with(|config| config.max_connections = 1).await;
    let mut first = server.client().await;
    first.assert_alive().await;
    let second = server.client();
    tokio::pin!(second);
    let meanwhile = async {
        for _ in 0..50 {
            first.assert_alive().await;
        }
    };
    tokio::select! {
        biased;
        _ = &mut second => panic!("there is room for one"),
        () = meanwhile => {}
    }
    drop(first);
    second.await.assert_alive().await;
}

#[tokio::test]
async fn a_connection_that_fails_its_handshake_gives_its_place_back() {
    let server = Running::with(|config| config.max_connections = 1).await;
    for _ in 0..5 {
        let mut raw = server.raw().await;
        raw.send("nonsense\r\n\r\n").await;
        raw.ended().await;
    }
    for _ in 0..5 {
        let mut raw = server.raw().await;
        raw.send(HANDSHAKE).await;
    }
    server.client().await.assert_alive().await;
}
