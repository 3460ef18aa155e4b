//! Subscriptions when the identity of a connection changes.

use crate::support::{Checkpoints, Client, TestServer, notes_app, unix_time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Context, Error, Resource, Result, Server, ServerHandle, remote, resources};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Starts a server with two notes each of Bob and Eve, one of them published.
async fn with_notes() -> (TestServer, ServerHandle) {
    let handle = notes_app::server()
        .open()
        .await
        .expect("a memory store opens");
    let server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let mut root = server.client_as("admin:root").await;
    for (id, owner, published) in [
        ("b1", "bob", false),
        ("b2", "bob", true),
        ("e1", "eve", false),
        ("e2", "eve", true),
    ] {
        let note = json!({"id": id, "owner": owner, "published": published});
        root.ok("note", "create", note).await;
    }
    (server, handle)
}

fn ids(records: &Value) -> Vec<&str> {
    let all = records.as_array().expect("records");
    all.iter()
        .map(|it| it["id"].as_str().expect("an id"))
        .collect()
}

async fn subscribe(client: &mut Client, payload: Value, ack: u64) -> Value {
    client.ask(json!(["note", "subscribe", payload, ack])).await
}

#[tokio::test]
async fn identity_change_sends_one_reset_per_subscription() {
    let (server, _) = with_notes().await;
    let mut client = server.client_as("bob").await;
    let initial = subscribe(&mut client, json!({}), 7).await;
    assert_eq!(ids(&initial[2]["ok"]["records"]), ["b1", "b2", "e2"]);
    client
        .send(json!(["sockful", "authenticate", {"token": "eve"}, 8]))
        .await;
    let (mut reset, mut replied) = (None, false);
    while reset.is_none() || !replied {
        let frame = client.recv().await;
        match frame[1].as_str() {
            Some("reset") => assert!(reset.replace(frame).is_none(), "a second reset"),
            _ => replied = frame[3] == 8,
        }
    }
    let reset = reset.expect("the frame was received");
    assert_eq!(reset[3], 7);
    assert_eq!(ids(&reset[2]["records"]), ["b2", "e1", "e2"]);
    // From then on, the subscription has the records that Eve can read.
    let mut root = server.client_as("admin:root").await;
    root.ok("note", "update", json!({"id": "b1", "text": "x"}))
        .await;
    root.ok("note", "update", json!({"id": "e1", "text": "y"}))
        .await;
    let event = client.recv().await;
    assert_eq!(
        (&event[1], &event[2]["id"]),
        (&json!("updated"), &json!("e1"))
    );
}

#[tokio::test]
async fn identity_change_ends_forbidden_subscriptions() {
    let (server, _) = with_notes().await;
    let mut client = server.client_as("bob").await;
    subscribe(&mut client, json!({}), 7).await;
    client.ask(json!(["poster", "subscribe", null, 9])).await;
    client
        .send(json!(["sockful", "authenticate", null, 8]))
        .await;
    let mut frames = Vec::new();
    for _ in 0..3 {
        let frame = client.recv().await;
        frames.push((
            frame[1].clone(),
            frame[3].clone(),
            frame[2]["error"]["code"].clone(),
        ));
    }
    assert!(
        frames.contains(&(json!("ended"), json!(7), json!("unauthenticated"))),
        "{frames:?}"
    );
    assert!(
        frames.contains(&(json!("reset"), json!(9), Value::Null)),
        "{frames:?}"
    );
}

#[tokio::test]
async fn token_renewal_keeps_subscriptions_and_resume() {
    let (server, _) = with_notes().await;
    let mut client = server.client_as("bob:2000").await;
    let initial = subscribe(&mut client, json!({}), 7).await;
    assert_eq!(client.sign_in("bob:3000").await, json!({"expires": 3000}));
    let mut root = server.client_as("admin:root").await;
    root.ok("note", "update", json!({"id": "b1", "text": "x"}))
        .await;
    assert_eq!(client.recv().await[1], "updated");
    // The same caller can resume the subscription. Another caller receives an initial result.
    let from = json!({"$from": {
        "resume": initial[2]["resume"], "seq": initial[2]["seq"], "at": initial[2]["at"],
    }});
    let mut again = server.client_as("bob").await;
    let resumed = subscribe(&mut again, from.clone(), 7).await;
    assert_eq!(resumed[2]["ok"], json!({"resumed": true}));
    let mut eve = server.client_as("eve").await;
    let restarted = subscribe(&mut eve, from, 7).await;
    assert_eq!(ids(&restarted[2]["ok"]["records"]), ["b2", "e1", "e2"]);
}

#[tokio::test]
async fn revoked_client_is_expired_and_subscriptions_end() {
    let (server, handle) = with_notes().await;
    let mut client = server.client_as("bob").await;
    subscribe(&mut client, json!({}), 7).await;
    let mut others = server.client_as("eve").await;
    assert_eq!(handle.revoke("bob"), 1);
    let mut root = server.client_as("admin:root").await;
    root.ok("note", "update", json!({"id": "b1", "text": "x"}))
        .await;
    let expired = client.recv().await;
    assert_eq!(expired, json!(["sockful", "expired", {}, null]));
    let ended = client.recv().await;
    assert_eq!(
        (&ended[1], &ended[2]["error"]["code"]),
        (&json!("ended"), &json!("unauthenticated"))
    );
    assert_eq!(
        client.code("note", "find", Value::Null).await,
        "unauthenticated"
    );
    assert_eq!(others.ok("note", "whoami", Value::Null).await, "eve");
    assert_eq!(handle.revoke("bob"), 0);
    client.sign_in("bob").await;
}

/// An account whose sessions can be ended.
#[derive(Serialize, Deserialize, Resource)]
struct Account {
    id: String,
}

#[remote]
impl Account {
    pub fn sign_out(ctx: &Context, name: String) -> usize {
        ctx.revoke(&name)
    }

    pub fn sign_out_and_fail(ctx: &Context, name: String) -> Result<()> {
        let sessions = ctx.revoke(&name);
        Err(Error::refused("failed", format!("after {sessions}")))
    }
}

#[tokio::test]
async fn method_revokes_an_identity_even_if_it_fails() {
    let server = Server::new(resources![Account]).authenticate(notes_app::authenticate);
    let server = TestServer::serve(server).await;
    let mut root = server.client_as("admin:root").await;
    for (method, succeeds) in [("signOut", true), ("signOutAndFail", false)] {
        let mut clients = [
            server.client_as("bob").await,
            server.client_as("bob").await,
            server.client_as("eve").await,
        ];
        let payload = json!({"name": "bob"});
        let reply = root.ask(json!(["account", method, payload, 7])).await;
        if succeeds {
            assert_eq!(reply[2]["ok"], 2);
        } else {
            assert_eq!(reply[2]["err"]["message"], "after 2");
        }
        for client in &mut clients[..2] {
            let expired = client.recv().await;
            assert_eq!(expired, json!(["sockful", "expired", {}, null]));
            let code = client.code("account", "count", Value::Null).await;
            assert_eq!(code, "unauthenticated", "{method}");
        }
        assert_eq!(clients[2].ok("account", "count", Value::Null).await, 0);
    }
    // A call may revoke its own caller, and is answered.
    let mut bob = server.client_as("bob").await;
    bob.send(json!(["account", "signOut", {"name": "bob"}, 9]))
        .await;
    let mut frames = [bob.recv().await, bob.recv().await];
    frames.sort_by_key(|frame| frame[1] == "expired");
    assert_eq!(frames[0], json!(["account", "signOut", {"ok": 1}, 9]));
    assert_eq!(frames[1][1], "expired");
}

#[tokio::test]
async fn expired_identity_is_unauthenticated_immediately() {
    let now = Arc::new(AtomicU64::new(1_000));
    let clock = now.clone();
    let server = notes_app::server().clock(move || unix_time(clock.load(Relaxed)));
    let server = TestServer::serve(server).await;
    let mut client = server.client_as("bob:1100").await;
    subscribe(&mut client, json!({}), 7).await;
    now.store(1_100, Relaxed);
    // Requests are rejected even before the timer fires.
    client.send(json!(["note", "whoami", null, 8])).await;
    let mut frames = Vec::new();
    for _ in 0..3 {
        let frame = client.recv().await;
        frames.push(frame);
    }
    let code = |action: &str, pointer: &str| {
        let frame = frames.iter().find(|frame| frame[1] == action);
        frame.expect("the frame was received")[2]
            .pointer(pointer)
            .cloned()
    };
    assert_eq!(code("whoami", "/err/code"), Some(json!("unauthenticated")));
    assert_eq!(code("ended", "/error/code"), Some(json!("unauthenticated")));
    assert_eq!(code("expired", ""), Some(json!({})));
}
