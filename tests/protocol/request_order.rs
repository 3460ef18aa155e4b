//! Ordering and concurrency of requests.

use crate::support::{Client, TestServer, text, within};
use serde_json::json;
use std::time::Duration;

async fn with_bob_and_larry() -> (TestServer, Client) {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for id in ["bob", "larry"] {
        client.ok("creature", "create", json!({"id": id})).await;
    }
    (server, client)
}

#[tokio::test]
async fn read_after_slow_write_of_same_record_sees_it() {
    let (server, mut client) = with_bob_and_larry().await;
    client
        .send(json!(["creature", "feedAt", {"id": "bob", "checkpoint": "g"}, 1]))
        .await;
    client
        .send(json!(["creature", "get", {"id": "bob"}, 2]))
        .await;
    server.checkpoints.reached("g").await;
    server.checkpoints.release("g");
    assert_eq!(
        client.recv().await,
        json!(["creature", "feedAt", {"ok": 11, "seq": 3}, 1])
    );
    assert_eq!(client.recv().await[2]["ok"]["life"], 11);
}

#[tokio::test]
async fn write_after_slow_read_of_same_record_waits() {
    let (server, mut client) = with_bob_and_larry().await;
    client
        .send(json!(["creature", "lookAt", {"id": "bob", "checkpoint": "g"}, 1]))
        .await;
    client
        .send(json!(["creature", "update", {"id": "bob", "life": 99}, 2]))
        .await;
    client
        .send(json!(["creature", "get", {"id": "larry"}, 3]))
        .await;
    server.checkpoints.reached("g").await;
    // The third has been answered, so the second has been read, but it has not started.
    assert_eq!(client.recv().await[3], 3);
    let mut other = server.client().await;
    assert_eq!(
        other.ok("creature", "get", json!({"id": "bob"})).await["life"],
        10
    );
    server.checkpoints.release("g");
    assert_eq!(
        client.recv().await,
        json!(["creature", "lookAt", {"ok": 10, "seq": 2}, 1])
    );
    assert_eq!(client.recv().await[2]["ok"]["life"], 99);
}

#[tokio::test]
async fn get_of_several_ids_waits_for_earlier_writes() {
    let (server, mut client) = with_bob_and_larry().await;
    client
        .send(json!(["creature", "feedAt", {"id": "bob", "checkpoint": "g"}, 1]))
        .await;
    client
        .send(json!(["creature", "get", {"id": ["larry", "bob"]}, 2]))
        .await;
    client
        .send(json!(["creature", "update", {"id": "bob", "life": 99}, 3]))
        .await;
    server.checkpoints.reached("g").await;
    server.checkpoints.release("g");
    assert_eq!(client.recv().await[3], 1);
    assert_eq!(client.recv().await[2]["ok"][1]["life"], 11);
    assert_eq!(client.recv().await[2]["ok"]["life"], 99);
}

#[tokio::test]
async fn requests_to_other_records_overtake() {
    let (server, mut client) = with_bob_and_larry().await;
    client
        .send(json!(["creature", "feedAt", {"id": "bob", "checkpoint": "g"}, 1]))
        .await;
    client
        .send(json!(["creature", "feed", {"id": "bob"}, 2]))
        .await;
    // A read, because two records may share a lock and a write of larry would wait.
    client
        .send(json!(["creature", "get", {"id": "larry"}, 3]))
        .await;
    client.send(json!(["sockful", "ping", null, 4])).await;
    server.checkpoints.reached("g").await;
    assert_eq!(
        [client.recv().await[3].take(), client.recv().await[3].take()],
        [json!(3), json!(4)]
    );
    server.checkpoints.release("g");
    assert_eq!(
        [client.recv().await[3].take(), client.recv().await[3].take()],
        [json!(1), json!(2)]
    );
}

#[tokio::test]
async fn reads_of_one_record_run_concurrently() {
    let (server, mut client) = with_bob_and_larry().await;
    client
        .send(json!(["creature", "lookAt", {"id": "bob", "checkpoint": "a"}, 1]))
        .await;
    client
        .send(json!(["creature", "lookAt", {"id": "bob", "checkpoint": "b"}, 2]))
        .await;
    server.checkpoints.reached("a").await;
    server.checkpoints.reached("b").await;
    server.checkpoints.release("b");
    assert_eq!(client.recv().await[3], 2);
    server.checkpoints.release("a");
    assert_eq!(client.recv().await[3], 1);
}

#[tokio::test]
async fn requests_to_one_record_run_in_the_order_sent() {
    let (server, mut client) = with_bob_and_larry().await;
    client
        .send(json!(["creature", "feedAt", {"id": "bob", "checkpoint": "g"}, 0]))
        .await;
    for n in 1..=50 {
        client
            .send(json!(["creature", "update", {"id": "bob", "life": n}, n]))
            .await;
    }
    server.checkpoints.reached("g").await;
    server.checkpoints.release("g");
    assert_eq!(client.recv().await[3], 0);
    for n in 1..=50 {
        let reply = client.recv().await;
        assert_eq!((&reply[3], &reply[2]["ok"]["life"]), (&json!(n), &json!(n)));
    }
}

#[tokio::test]
async fn requests_beyond_max_in_flight_wait() {
    let server = TestServer::start_with(|config| config.connection.max_in_flight = 2).await;
    let mut client = server.client().await;
    let frames = ["a", "b", "c", "d"]
        .map(|checkpoint| json!(["creature", "waitAt", {"checkpoint": checkpoint}, checkpoint]));
    client.send_all(frames).await;
    server.checkpoints.reached("a").await;
    server.checkpoints.reached("b").await;
    // Enough time for the other requests if the server read them.
    let mut other = server.client().await;
    for _ in 0..20 {
        other.assert_alive().await;
    }
    assert!(!server.checkpoints.is_reached("c") && !server.checkpoints.is_reached("d"));
    for (open, next) in [("a", Some("c")), ("b", Some("d")), ("c", None), ("d", None)] {
        server.checkpoints.release(open);
        assert_eq!(client.recv().await[3], open);
        if let Some(next) = next {
            server.checkpoints.reached(next).await;
        }
    }
}

#[tokio::test]
async fn peer_is_alive_while_its_pongs_are_unread() {
    let server = TestServer::start_with(|config| {
        config.connection.max_in_flight = 1;
        config.connection.ping_interval = Duration::from_millis(500);
        config.connection.pong_timeout = Duration::from_millis(500);
    })
    .await;
    let mut raw = server.raw_websocket_connection().await;
    raw.send(text(r#"["creature","waitAt",{"checkpoint":"g"},1]"#))
        .await;
    server.checkpoints.reached("g").await;
    // The server has reached `max_in_flight`, so it does not read pongs.
    for _ in 0..3 {
        assert_eq!(raw.read_frame().await.opcode, 9);
    }
    server.checkpoints.release("g");
    loop {
        let frame = raw.read_frame().await;
        if frame.opcode != 9 {
            assert_eq!(frame.json()[3], 1);
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_increments_of_one_record_all_count() {
    let server =
        TestServer::start_with(|config| config.connection.ping_interval = Duration::from_secs(600))
            .await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    let mut feeding = Vec::new();
    for _ in 0..64 {
        let mut raw = server.raw_websocket_connection().await;
        feeding.push(tokio::spawn(async move {
            raw.send(text(r#"["creature","feed",{"id":"bob"},7]"#).repeat(1000))
                .await;
            for reply in raw.read_short_frames(1000).await {
                assert!(
                    reply.starts_with(r#"["creature","feed",{"ok":"I have been fed"#),
                    "{reply}"
                );
            }
        }));
    }
    for one in feeding {
        one.await.expect("every request is answered");
    }
    assert_eq!(
        client.ok("creature", "get", json!({"id": "bob"})).await["life"],
        64_010
    );
    assert_eq!(client.head().await, 64_001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_concurrent_methods_lose_no_change() {
    let (server, mut client) = with_bob_and_larry().await;
    let mut feeding = Vec::new();
    for _ in 0..16 {
        let mut client = server.client().await;
        feeding.push(tokio::spawn(async move {
            for _ in 0..20 {
                client
                    .ok(
                        "creature",
                        "feedAt",
                        json!({"id": "bob", "checkpoint": "g"}),
                    )
                    .await;
            }
        }));
    }
    for _ in 0..320 {
        server.checkpoints.release("g");
    }
    for one in feeding {
        within("the meals", one)
            .await
            .expect("every request is answered");
    }
    assert_eq!(
        client.ok("creature", "get", json!({"id": "bob"})).await["life"],
        330
    );
}
