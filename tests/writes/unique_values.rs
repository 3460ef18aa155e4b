//! Unique properties.

use crate::validation::property_access::{accounts, fault};
use serde_json::{Value, json};

#[tokio::test]
pub(crate) async fn taken_value_is_a_conflict_naming_the_property() {
    let (_server, mut client) = accounts().await;
    client
        .ok("account", "create", json!({"id": "bob", "email": "b@x"}))
        .await;
    client
        .ok("account", "create", json!({"id": "eve", "email": "e@x"}))
        .await;
    for (action, payload) in [
        ("create", json!({"id": "new", "email": "b@x"})),
        ("update", json!({"id": "eve", "email": "b@x"})),
        ("save", json!({"id": "eve", "email": "b@x"})),
        ("save", json!({"id": "new", "email": "b@x"})),
    ] {
        let error = client.err("account", action, payload).await;
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!("conflict"), &json!("email"))
        );
        assert!(!error.to_string().contains("bob"), "{error}");
    }
    assert_eq!(client.head().await, 2);
}

#[tokio::test]
pub(crate) async fn value_is_free_after_update_or_destroy() {
    let (_server, mut client) = accounts().await;
    client
        .ok("account", "create", json!({"id": "bob", "email": "b@x"}))
        .await;
    client
        .ok(
            "account",
            "update",
            json!({"id": "bob", "email": "b@x", "points": 1}),
        )
        .await;
    client
        .ok("account", "update", json!({"id": "bob", "email": "b@y"}))
        .await;
    client
        .ok("account", "create", json!({"id": "eve", "email": "b@x"}))
        .await;
    client.ok("account", "destroy", json!({"id": "eve"})).await;
    client
        .ok("account", "update", json!({"id": "bob", "email": "b@x"}))
        .await;
}

#[tokio::test]
pub(crate) async fn null_may_repeat_and_values_compare_bytewise() {
    let (_server, mut client) = accounts().await;
    for email in [
        json!(null),
        json!(null),
        json!(""),
        json!("a"),
        json!("A"),
        json!("a "),
    ] {
        client
            .ok("account", "create", json!({"email": email}))
            .await;
    }
    // Two Unicode forms of a letter are two values.
    for email in ["\u{e9}", "e\u{301}"] {
        client
            .ok("account", "create", json!({"email": email}))
            .await;
    }
    assert_eq!(
        client.ok("account", "count", json!({"email": null})).await,
        2
    );
    assert_eq!(
        client
            .ok("account", "count", json!({"email": {"$prefix": "a"}}))
            .await,
        2
    );
}

#[tokio::test]
pub(crate) async fn unique_value_has_at_most_1024_bytes() {
    let (_server, mut client) = accounts().await;
    let dragons = "🐉".repeat(256);
    client
        .ok("account", "create", json!({"email": dragons}))
        .await;
    let (rule, path) = fault(
        &mut client,
        "create",
        json!({"email": format!("{dragons}x")}),
    )
    .await;
    assert_eq!((&*rule, &*path), ("length", "email"));
    // Escapes in JSON do not count towards the length.
    client
        .ok("account", "create", json!({"email": "\"".repeat(1_024)}))
        .await;
}

#[tokio::test]
pub(crate) async fn taken_private_value_is_not_named() {
    let (_server, mut client) = accounts().await;
    for id in ["bob", "eve"] {
        client.ok("account", "create", json!({"id": id})).await;
    }
    client
        .ok("account", "lock", json!({"id": "bob", "key": 7}))
        .await;
    let error = client
        .err("account", "lock", json!({"id": "eve", "key": 7}))
        .await;
    assert_eq!(
        (&error["code"], error.get("path")),
        (&json!("conflict"), None),
        "{error}"
    );
    assert!(
        !error["message"]
            .as_str()
            .unwrap_or_default()
            .contains("key"),
        "{error}"
    );
}

#[tokio::test]
pub(crate) async fn concurrent_claims_of_one_value_have_one_winner() {
    let (server, mut client) = accounts().await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(server.client().await);
    }
    for (nth, client) in clients.iter_mut().enumerate() {
        let frames = (0..8)
            .map(|n| json!(["account", "create", {"id": format!("{nth}-{n}"), "email": "b@x"}, n]));
        client.send_all(frames.collect::<Vec<Value>>()).await;
    }
    let mut got = 0;
    for client in &mut clients {
        for _ in 0..8 {
            let answer = client.recv().await;
            match answer[2].get("ok") {
                Some(_) => got += 1,
                None => assert_eq!(answer[2]["err"]["code"], "conflict", "{answer}"),
            }
        }
    }
    assert_eq!(got, 1);
    assert_eq!(client.ok("account", "count", Value::Null).await, 1);
}
