//! Refreshing identities: the authenticator runs again while connections and subscriptions stay open.

use crate::support::{Checkpoints, Client, HANDSHAKE, TestServer, frame};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{
    Context, Credentials, Error, ErrorKind, Filter, Identity, Resource, Result, Server,
    ServerHandle, remote, resources,
};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};

/// A user, with the channels that it is a member of.
struct User {
    channels: Vec<String>,
}

#[derive(Serialize, Deserialize, Resource)]
struct Membership {
    id: String,
    user: String,
    channel: String,
    #[resource(default)]
    is_blocked: bool,
}

#[remote]
impl Membership {
    #[before(create, destroy)]
    fn refresh_user(&self, ctx: &Context) -> Result<()> {
        ctx.refresh_after_commit(&self.user)?;
        if self.is_blocked {
            return Err(Error::refused("blocked", "the user is blocked"));
        }
        Ok(())
    }

    #[after(update)]
    async fn refresh_moved(&self, ctx: &Context) {
        if self.channel != "rust" {
            return;
        }
        let error = ctx.refresh_after_commit(&self.user).expect_err("no commit");
        assert_eq!(error.kind(), ErrorKind::Internal);
        ctx.refresh(&self.user).await;
    }
}

#[derive(Serialize, Deserialize, Resource)]
struct Message {
    id: String,
    channel: String,
}

#[remote]
impl Message {
    #[can(read)]
    fn in_own_channels(user: &User) -> Filter<Self> {
        Self::FIELDS.channel.one_of(&user.channels)
    }
}

/// A server whose authenticator reads the memberships of the user.
struct Chat {
    server: TestServer,
    handle: ServerHandle,
    checkpoints: Checkpoints,
    authentications: Arc<AtomicUsize>,
}

impl Chat {
    async fn start() -> Self {
        let opened = Arc::new(OnceLock::<ServerHandle>::new());
        let checkpoints = Checkpoints::default();
        let authentications = Arc::new(AtomicUsize::new(0));
        let (handle, waiting) = (opened.clone(), checkpoints.clone());
        let count = authentications.clone();
        let authenticate = move |credentials: Credentials| {
            count.fetch_add(1, SeqCst);
            let (handle, waiting) = (handle.clone(), waiting.clone());
            async move {
                let token = credentials.token().or(credentials.cookie("session"));
                let name = token.unwrap_or_default().to_owned();
                let user = name.trim_end_matches("-slow").to_owned();
                let by_user = Membership::FIELDS.user.eq(&user);
                let memberships = handle
                    .get()
                    .expect("the server is open")
                    .records::<Membership>();
                let memberships = memberships.find(by_user).await?;
                let mut channels = memberships.iter().map(|it| it.channel.clone());
                if channels.any(|channel| channel == "banned") {
                    return Err(Error::new(ErrorKind::Unauthenticated, "banned"));
                }
                if memberships.iter().any(|it| it.channel == "hanging") {
                    std::future::pending::<()>().await;
                }
                if name.ends_with("-slow") {
                    waiting.wait_at("authenticator").await;
                }
                let channels = memberships.iter().map(|it| it.channel.clone()).collect();
                Ok(Identity::new(user, User { channels }))
            }
        };
        let server = Server::new(resources![Membership, Message]).authenticate(authenticate);
        let handle = server.open().await.expect("a memory store opens");
        let handle = opened.get_or_init(|| handle).clone();
        for (id, channel) in [("m1", "rust"), ("m2", "news")] {
            let new = NewMessage {
                id: Some(id.to_owned()),
                channel: channel.to_owned(),
            };
            let messages = handle.records::<Message>();
            messages.create(new).await.expect("a new message");
        }
        Self {
            server: TestServer::from_handle(handle.clone(), Checkpoints::default()).await,
            handle,
            checkpoints,
            authentications,
        }
    }

    async fn client(&self, token: &str) -> Client {
        let mut client = self.server.client().await;
        let payload = json!({"token": token});
        client.ok("sockful", "authenticate", payload).await;
        client
    }

    /// Stores a membership without a refresh of the user's identity.
    async fn join_unnoticed(&self, user: &str, channel: &str) {
        let mut client = self.client("admin").await;
        let id = format!("{user}-{channel}");
        let other = json!({"id": id, "user": "other", "channel": channel});
        client.ok("membership", "create", other).await;
        let moved = json!({"id": id, "user": user});
        client.ok("membership", "update", moved).await;
    }
}

fn ids(records: &Value) -> Vec<&str> {
    let all = records.as_array().expect("records");
    all.iter()
        .map(|it| it["id"].as_str().expect("an id"))
        .collect()
}

#[tokio::test]
async fn membership_takes_effect_before_the_reply() {
    let chat = Chat::start().await;
    let mut admin = chat.client("admin").await;
    let mut bob = chat.client("bob").await;
    for round in 0..50 {
        let membership = json!({"id": "b", "user": "bob", "channel": "rust"});
        admin.ok("membership", "create", membership).await;
        let found = bob.ok("message", "find", json!({})).await;
        assert_eq!(ids(&found), ["m1"], "round {round}, granted");
        admin.ok("membership", "destroy", json!({"id": "b"})).await;
        let found = bob.ok("message", "find", json!({})).await;
        assert_eq!(ids(&found), [""; 0], "round {round}, revoked");
    }
}

#[tokio::test]
async fn refresh_resets_subscriptions_and_keeps_sessions() {
    let chat = Chat::start().await;
    let mut admin = chat.client("admin").await;
    let mut clients = [chat.client("bob").await, chat.client("bob").await];
    for client in &mut clients {
        let initial = client.ask(json!(["message", "subscribe", {}, 7])).await;
        assert_eq!(initial[2]["ok"]["records"], json!([]));
    }
    let mut other = chat.client("eve").await;
    other.ask(json!(["message", "subscribe", {}, 7])).await;
    let membership = json!({"id": "b", "user": "bob", "channel": "rust"});
    admin.ok("membership", "create", membership).await;
    for client in &mut clients {
        let reset = client.recv().await;
        assert_eq!((&reset[1], &reset[3]), (&json!("reset"), &json!(7)));
        assert_eq!(ids(&reset[2]["records"]), ["m1"]);
        // The client is still signed in.
        let found = client.ok("message", "find", json!({})).await;
        assert_eq!(ids(&found), ["m1"]);
    }
    // Refreshes that change nothing, and those of others, send nothing.
    assert_eq!(chat.handle.refresh("bob").await, 2);
    assert_eq!(chat.handle.refresh("unused-key").await, 0);
    let message = json!({"id": "m3", "channel": "rust"});
    admin.ok("message", "create", message).await;
    for client in &mut clients {
        let event = client.recv().await;
        assert_eq!(
            (&event[1], &event[2]["id"]),
            (&json!("created"), &json!("m3"))
        );
    }
    other.ok("sockful", "ping", Value::Null).await;
}

#[tokio::test]
async fn rejected_client_is_signed_out_by_a_refresh() {
    let chat = Chat::start().await;
    let mut bob = chat.client("bob").await;
    bob.ask(json!(["message", "subscribe", {}, 7])).await;
    chat.join_unnoticed("bob", "banned").await;
    chat.handle.refresh("bob").await;
    assert_eq!(bob.recv().await, json!(["sockful", "expired", {}, null]));
    let ended = bob.recv().await;
    assert_eq!(ended[1], "ended");
    assert_eq!(ended[2]["error"]["code"], "unauthenticated");
    let code = bob.code("message", "find", json!({})).await;
    assert_eq!(code, "unauthenticated");
}

#[tokio::test(start_paused = true)]
async fn slow_authenticator_signs_the_client_out() {
    let chat = Chat::start().await;
    let mut bob = chat.client("bob").await;
    chat.join_unnoticed("bob", "hanging").await;
    assert_eq!(chat.handle.refresh("bob").await, 1);
    assert_eq!(bob.recv().await, json!(["sockful", "expired", {}, null]));
}

#[tokio::test]
async fn authentication_in_progress_is_repeated() {
    let chat = Chat::start().await;
    let mut admin = chat.client("admin").await;
    let mut bob = chat.server.client().await;
    let authenticate = json!(["sockful", "authenticate", {"token": "bob-slow"}, 1]);
    bob.send(authenticate).await;
    // The authenticator has read the memberships before Bob is added to the channel.
    chat.checkpoints.reached("authenticator").await;
    let membership = json!({"id": "b", "user": "bob", "channel": "rust"});
    admin.ok("membership", "create", membership).await;
    chat.checkpoints.release("authenticator");
    chat.checkpoints.reached("authenticator").await;
    chat.checkpoints.release("authenticator");
    assert!(bob.recv().await[2].get("ok").is_some());
    let found = bob.ok("message", "find", json!({})).await;
    assert_eq!(ids(&found), ["m1"]);
}

#[tokio::test]
async fn authentication_ends_if_refreshed_each_time() {
    let chat = Chat::start().await;
    let mut bob = chat.server.client().await;
    let authenticate = json!(["sockful", "authenticate", {"token": "bob-slow"}, 1]);
    bob.send(authenticate).await;
    for _ in 0..3 {
        chat.checkpoints.reached("authenticator").await;
        chat.handle.refresh("bob").await;
        chat.checkpoints.release("authenticator");
    }
    assert_eq!(bob.recv().await[2]["err"]["code"], "unavailable");
}

#[tokio::test]
async fn sign_out_during_a_refresh_stays() {
    let chat = Chat::start().await;
    let mut bob = chat.server.client().await;
    bob.send(json!(["sockful", "authenticate", {"token": "bob-slow"}, 1]))
        .await;
    chat.checkpoints.reached("authenticator").await;
    chat.checkpoints.release("authenticator");
    bob.recv().await;
    let handle = chat.handle.clone();
    let refresh = tokio::spawn(async move { handle.refresh("bob").await });
    chat.checkpoints.reached("authenticator").await;
    bob.ok("sockful", "authenticate", Value::Null).await;
    chat.checkpoints.release("authenticator");
    refresh.await.expect("no panic");
    let code = bob.code("message", "find", json!({})).await;
    assert_eq!(code, "unauthenticated");
}

#[tokio::test]
async fn failed_call_refreshes_nothing() {
    let chat = Chat::start().await;
    let mut admin = chat.client("admin").await;
    let _bob = chat.client("bob").await;
    let before = chat.authentications.load(SeqCst);
    let blocked = json!({"id": "b", "user": "bob", "channel": "rust", "is_blocked": true});
    let code = admin.code("membership", "create", blocked).await;
    assert_eq!(code, "blocked");
    assert_eq!(chat.authentications.load(SeqCst), before);
}

#[tokio::test]
async fn after_hook_refreshes_at_once() {
    let chat = Chat::start().await;
    let mut bob = chat.client("bob").await;
    bob.ask(json!(["message", "subscribe", {}, 7])).await;
    chat.join_unnoticed("bob", "rust").await;
    let reset = bob.recv().await;
    assert_eq!(reset[1], "reset");
    assert_eq!(ids(&reset[2]["records"]), ["m1"]);
}

#[tokio::test]
async fn handshake_cookies_are_presented_again() {
    let chat = Chat::start().await;
    let mut raw = chat.server.raw_connection().await;
    let handshake = format!("{HANDSHAKE}Cookie: session=bob\r\n\r\n");
    assert_eq!(raw.status_of(handshake).await, "101");
    raw.read_frame().await;
    let mut admin = chat.client("admin").await;
    let membership = json!({"id": "b", "user": "bob", "channel": "rust"});
    admin.ok("membership", "create", membership).await;
    raw.send(frame(0x81, br#"["message","find",{},1]"#)).await;
    let found = raw.read_frame().await.json()[2].take();
    assert_eq!(ids(&found["ok"]), ["m1"]);
}
