//! The `authenticate` action, and access without authentication.

use crate::support::{TestServer, notes_app};
use serde_json::{Value, json};
use sockful::{Identity, Server, resources};

#[tokio::test]
async fn authenticate_sets_the_identity_of_the_connection() {
    let server = notes_app::start().await;
    let mut client = server.client().await;
    assert_eq!(
        client.code("note", "whoami", Value::Null).await,
        "unauthenticated"
    );
    assert_eq!(client.sign_in("bob").await, json!({"expires": null}));
    assert_eq!(client.ok("note", "whoami", Value::Null).await, "bob");
    client.sign_in("eve").await;
    assert_eq!(client.ok("note", "whoami", Value::Null).await, "eve");
    // A request without a token signs out.
    client.ok("sockful", "authenticate", Value::Null).await;
    assert_eq!(
        client.code("note", "whoami", Value::Null).await,
        "unauthenticated"
    );
}

#[tokio::test]
async fn rejected_token_keeps_the_current_identity() {
    let server = notes_app::start().await;
    let mut client = server.client_as("bob").await;
    for (token, code) in [
        (":", "unauthenticated"),
        ("away", "unavailable"),
        ("broken", "internal"),
        ("panic", "internal"),
        // Expired by the server's clock.
        ("eve:1000", "unauthenticated"),
    ] {
        let error = client
            .err("sockful", "authenticate", json!({"token": token}))
            .await;
        assert_eq!(error["code"], code, "{token}");
        assert!(!error.to_string().contains("database"), "{error}");
        assert_eq!(client.ok("note", "whoami", Value::Null).await, "bob");
    }
    let error = client
        .err("sockful", "authenticate", json!({"token": 7}))
        .await;
    assert_eq!(
        (&error["code"], &error["fields"][0]["path"]),
        (&json!("invalid"), &json!("token"))
    );
}

#[tokio::test]
async fn unauthenticated_client_is_denied_private_actions() {
    let server = notes_app::start().await;
    let mut anonymous = server.client().await;
    for (resource, action, payload) in [
        ("note", "create", json!({"owner": "bob"})),
        ("note", "get", json!({"id": "a"})),
        ("note", "get", json!({"id": ["a"]})),
        ("note", "find", json!({})),
        ("note", "count", json!({})),
        ("note", "update", json!({"id": "a", "text": ""})),
        ("note", "save", json!({"id": "a", "owner": "bob"})),
        ("note", "destroy", json!({"id": "a"})),
        ("note", "subscribe", json!({})),
        ("note", "unsubscribe", json!({"subscription": 1})),
        ("note", "publish", json!({"id": "a"})),
        ("note", "purge", json!({})),
        ("note", "comments", json!({"note_id": "a"})),
        (
            "note",
            "createComment",
            json!({"note_id": "a", "author": "bob"}),
        ),
        ("note", "subscribeComments", json!({"note_id": "a"})),
        ("comment", "byNote", json!({"note_id": "a"})),
        ("comment", "note", json!({"id": "a"})),
        ("sockful", "schema", Value::Null),
        (
            "sockful",
            "commit",
            json!([["note", "create", {"owner": "bob"}]]),
        ),
        ("poster", "create", json!({})),
    ] {
        let code = anonymous.code(resource, action, payload).await;
        assert_eq!(code, "unauthenticated", "{resource} {action}");
    }
    // An unknown action is reported as unknown to unauthenticated clients too.
    assert_eq!(
        anonymous.code("note", "constructor", Value::Null).await,
        "unknown_action"
    );
    assert_eq!(anonymous.ok("poster", "find", Value::Null).await, json!([]));
    anonymous.ok("sockful", "ping", Value::Null).await;
    assert_eq!(
        server
            .client_as("admin:root")
            .await
            .ok("note", "find", Value::Null)
            .await,
        json!([])
    );
}

#[tokio::test]
async fn public_schema_is_served_without_authentication() {
    let mut config = sockful::Config::default();
    config.access.public_schema = true;
    let server = TestServer::serve(notes_app::server().config(config)).await;
    let mut anonymous = server.client().await;
    anonymous.ok("sockful", "schema", Value::Null).await;
}

#[tokio::test]
async fn authenticate_is_a_barrier_for_other_requests() {
    let server = notes_app::start().await;
    let mut client = server.client_as("bob").await;
    let whoami = |id: u64| json!(["note", "whoami", null, id]);
    let sign_in = |token: &str, id: u64| json!(["sockful", "authenticate", {"token": token}, id]);
    let frames = [
        whoami(1),
        sign_in("eve", 2),
        whoami(3),
        sign_in("bob", 4),
        whoami(5),
    ];
    client.send_all(frames).await;
    let mut replies = Vec::new();
    for _ in 0..5 {
        let frame = client.recv().await;
        replies.push((frame[3].clone(), frame[2]["ok"].clone()));
    }
    let names: Vec<_> = replies.iter().filter(|(_, ok)| ok.is_string()).collect();
    assert_eq!(names[0], &(json!(1), json!("bob")));
    assert_eq!(names[1], &(json!(3), json!("eve")));
    assert_eq!(names[2], &(json!(5), json!("bob")));
}

#[tokio::test]
async fn server_with_policies_needs_an_authenticator() {
    let refused = Server::new(notes_app::RESOURCES).open().await;
    let text = refused.expect_err("there is no authenticator").to_string();
    assert!(
        text.contains("`readable_by` of `Note`") && text.contains(".authenticate("),
        "{text}"
    );
    let other_type = Server::new(notes_app::RESOURCES);
    let other_type = other_type.authenticate(|_| async { Ok(Identity::new("bob", 7)) });
    let text = other_type
        .open()
        .await
        .expect_err("the authenticator has another user type")
        .to_string();
    assert!(text.contains("User") && text.contains("i32"), "{text}");
}

#[tokio::test]
async fn authenticate_is_unknown_without_an_authenticator() {
    let server = TestServer::serve(Server::new(resources![
        crate::support::sample_resources::Creature
    ]))
    .await;
    let mut client = server.client().await;
    let code = client
        .code("sockful", "authenticate", json!({"token": "bob"}))
        .await;
    assert_eq!(code, "unknown_action");
}

#[tokio::test]
async fn key_belongs_to_its_caller_and_requires_one() {
    let server = notes_app::start().await;
    let key = json!({"key": "00000000-03e8-7000-8000-000000000000"});
    let create = |id: u64| json!(["poster", "create", {"id": "p"}, id, key]);
    let mut bob = server.client_as("bob").await;
    let first = bob.ask(create(1)).await;
    assert_eq!(first[2]["ok"]["id"], "p");
    assert_eq!(bob.ask(create(1)).await, first);
    // Each caller has its own keys.
    let mut eve = server.client_as("eve").await;
    assert_eq!(eve.ask(create(1)).await[2]["err"]["code"], "conflict");
    let mut anonymous = server.client().await;
    assert_eq!(
        anonymous.ask(create(1)).await[2]["err"]["code"],
        "unauthenticated"
    );
}
