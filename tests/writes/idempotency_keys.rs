//! Idempotency keys: a retried request takes effect once.

use crate::support::{Client, TestServer, text};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::AsyncReadExt;
use uuid::Uuid;

/// A request with an idempotency key.
fn feed(key: Uuid) -> Value {
    json!(["creature", "feed", {"id": "bob", "amount": 3}, 1, {"key": key}])
}

async fn life(client: &mut Client) -> Value {
    client.ok("creature", "get", json!({"id": "bob"})).await["life"].clone()
}

#[tokio::test]
pub(crate) async fn retry_returns_the_first_reply_without_effect() {
    let (server, mut client) = crate::methods::remote_methods::with_bob().await;
    let feed = feed(Uuid::now_v7());
    let first = client.ask(feed.clone()).await;
    assert_eq!(
        first[2],
        json!({"ok": "I have been fed my life is: 13", "seq": 2})
    );
    client
        .ok("creature", "update", json!({"id": "bob", "life": 1}))
        .await;
    assert_eq!(client.ask(feed.clone()).await, first);
    let mut other = server.client().await;
    assert_eq!(other.ask(feed).await, first);
    assert_eq!(life(&mut other).await, 1);
}

#[tokio::test]
pub(crate) async fn every_write_is_remembered_with_its_seq() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for (resource, action, payload) in [
        ("creature", "create", json!({"id": "bob"})),
        ("creature", "create", json!({"kind": "unicorn"})),
        ("creature", "update", json!({"id": "bob", "life": 7})),
        (
            "creature",
            "save",
            json!({"id": "bob", "kind": "dragon", "life": 8}),
        ),
        ("creature", "feed", json!({"id": "bob"})),
        (
            "sockful",
            "commit",
            json!([["creature", "update", {"id": "bob", "life": 1}]]),
        ),
        ("creature", "destroy", json!({"id": "bob"})),
    ] {
        let request = json!([resource, action, payload, 1, {"key": Uuid::now_v7()}]);
        let first = client.ask(request.clone()).await;
        assert!(first[2]["seq"].is_u64(), "{first}");
        assert_eq!(client.ask(request).await, first);
    }
    assert_eq!(client.head().await, 7);
}

#[tokio::test]
pub(crate) async fn retry_during_the_first_run_waits_for_it() {
    let (server, mut client) = crate::methods::remote_methods::with_bob().await;
    let request =
        json!(["creature", "feedAt", {"id": "bob", "checkpoint": "g"}, 1, {"key": Uuid::now_v7()}]);
    client.send(request.clone()).await;
    server.checkpoints.reached("g").await;
    let mut other = server.client().await;
    other.send(request).await;
    server.checkpoints.release("g");
    assert_eq!(client.recv().await, other.recv().await);
    assert_eq!(life(&mut client).await, 11);
}

#[tokio::test]
pub(crate) async fn failed_request_can_be_retried_with_its_key() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let feed = feed(Uuid::now_v7());
    assert_eq!(
        client.ask(feed.clone()).await[2]["err"]["code"],
        "not_found"
    );
    client.ok("creature", "create", json!({"id": "bob"})).await;
    assert_eq!(client.ask(feed).await[2]["seq"], 2);
}

#[tokio::test]
pub(crate) async fn key_is_bound_to_one_request() {
    let (_server, mut client) = crate::methods::remote_methods::with_bob().await;
    let key = Uuid::now_v7();
    client.ask(feed(key)).await;
    let other = json!(["creature", "feed", {"id": "bob", "amount": 4}, 1, {"key": key}]);
    let error = &client.ask(other).await[2]["err"];
    let reported = (&error["code"], &error["path"], &error["outcome"]);
    assert_eq!(
        reported,
        (&json!("conflict"), &json!("key"), &json!("unknown"))
    );
    assert_eq!(life(&mut client).await, 13);
}

#[tokio::test]
pub(crate) async fn expired_key_is_rejected() {
    let (_server, mut client) = crate::methods::remote_methods::with_bob().await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let made = |ago: u64| {
        let time = uuid::Timestamp::from_unix(uuid::NoContext, now.as_secs() - ago, 0);
        Uuid::new_v7(time)
    };
    let error = &client.ask(feed(made(25 * 60 * 60))).await[2]["err"];
    assert_eq!(
        (&error["code"], &error["outcome"]),
        (&json!("conflict"), &json!("unknown"))
    );
    assert!(client.ask(feed(made(23 * 60 * 60))).await[2]["ok"].is_string());
}

#[tokio::test]
pub(crate) async fn key_is_accepted_only_by_writes() {
    let (_server, mut client) = crate::methods::remote_methods::with_bob().await;
    for action in ["get", "find", "count"] {
        let request = json!(["creature", action, {}, 1, {"key": Uuid::now_v7()}]);
        let fault = &client.ask(request).await[2]["err"]["fields"][0];
        assert_eq!(
            (&fault["path"], &fault["rule"]),
            (&json!("key"), &json!("action"))
        );
    }
    for key in [json!("bob"), json!(7), json!(Uuid::nil())] {
        let request = json!(["creature", "destroy", {"id": "bob"}, 1, {"key": key}]);
        let fault = &client.ask(request).await[2]["err"]["fields"][0];
        assert_eq!(
            (&fault["path"], &fault["rule"]),
            (&json!("key"), &json!("format"))
        );
    }
}

/// The connection is cut after any number of bytes of the reply.
#[tokio::test]
pub(crate) async fn retry_after_a_cut_at_any_byte_applies_once() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client
        .ok("creature", "create", json!({"id": "bob", "life": 0}))
        .await;
    let request = || feed(Uuid::now_v7());
    let reply = client.ask(request()).await.to_string().len();
    for cut in 0..reply {
        let request = request();
        let mut raw = server.raw_websocket_connection().await;
        raw.send(text(&request.to_string())).await;
        let mut part = vec![0; cut];
        raw.input
            .read_exact(&mut part)
            .await
            .expect("this many bytes of the reply");
        drop(raw);
        assert!(client.ask(request).await[2]["ok"].is_string());
        assert_eq!(life(&mut client).await, (cut + 2) * 3);
    }
    let request = request();
    let whole = text(&request.to_string());
    for cut in 0..whole.len() {
        let mut raw = server.raw_websocket_connection().await;
        raw.send(&whole[..cut]).await;
        drop(raw);
    }
    assert!(client.ask(request).await[2]["ok"].is_string());
    assert_eq!(life(&mut client).await, (reply + 2) * 3);
}
