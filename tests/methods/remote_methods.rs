//! Calls of remote methods.

use crate::support::{Client, TestServer};
use serde_json::{Value, json};

pub(crate) async fn with_bob() -> (TestServer, Client) {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    (server, client)
}

#[tokio::test]
pub(crate) async fn mutating_method_stores_the_record_in_its_commit() {
    let (_server, mut client) = with_bob().await;
    let fed = client
        .reply("creature", "feed", json!({"id": "bob", "amount": 3}))
        .await;
    assert_eq!(
        fed,
        json!({"ok": "I have been fed my life is: 13", "seq": 2})
    );
    assert_eq!(
        client.ok("creature", "get", json!({"id": "bob"})).await["life"],
        13
    );
}

#[tokio::test]
pub(crate) async fn argument_with_default_may_be_omitted() {
    let (_server, mut client) = with_bob().await;
    assert_eq!(
        client.ok("creature", "feed", json!({"id": "bob"})).await,
        "I have been fed my life is: 11"
    );
}

#[tokio::test]
pub(crate) async fn reading_method_changes_nothing() {
    let (_server, mut client) = with_bob().await;
    assert_eq!(
        client
            .reply("creature", "describe", json!({"id": "bob"}))
            .await,
        json!({"ok": "bob is a dragon", "seq": 1})
    );
    assert_eq!(client.head().await, 1);
}

#[tokio::test]
pub(crate) async fn method_without_self_takes_arguments_by_name() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    assert_eq!(
        client
            .reply("creature", "greet", json!({"title": "Dr", "name": "Bob"}))
            .await,
        json!({"ok": "Hello, Dr Bob"})
    );
    for payload in [
        json!({"name": "Bob"}),
        json!({"name": "Bob", "title": null}),
    ] {
        assert_eq!(client.ok("creature", "greet", payload).await, "Hello, Bob");
    }
}

#[tokio::test]
pub(crate) async fn every_argument_fault_is_reported() {
    let (_server, mut client) = with_bob().await;
    let error = client
        .err("creature", "greet", json!({"title": 7, "id": "bob"}))
        .await;
    let mut paths: Vec<_> = error["fields"]
        .as_array()
        .expect("faults")
        .iter()
        .map(|fault| fault["path"].as_str())
        .collect();
    paths.sort_unstable();
    assert_eq!(
        (&error["code"], paths),
        (
            &json!("invalid"),
            vec![Some("id"), Some("name"), Some("title")]
        )
    );
    for payload in [
        json!({"id": "bob", "amount": "3"}),
        json!({"id": "bob", "life": 3}),
        json!({"amount": 3}),
        json!({"id": "bob", "amount": null}),
    ] {
        assert_eq!(
            client.code("creature", "feed", payload.clone()).await,
            "invalid",
            "{payload}"
        );
    }
    assert_eq!(client.head().await, 1);
}

#[tokio::test]
pub(crate) async fn method_can_read_the_caller_address() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let caller = client.ok("creature", "whoAmI", json!(null)).await;
    assert!(
        caller
            .as_str()
            .is_some_and(|caller| caller.starts_with("127.0.0.1:")),
        "{caller}"
    );
}

#[tokio::test]
pub(crate) async fn undeclared_method_is_not_callable() {
    let (_server, mut client) = with_bob().await;
    for name in ["die", "feed_at", "wait_at", "Feed", "new", "drop"] {
        assert_eq!(
            client.code("creature", name, json!({"id": "bob"})).await,
            "unknown_action",
            "{name}"
        );
        assert_eq!(
            client.code("node", "feed", json!({"id": 1})).await,
            "unknown_action"
        );
    }
}

#[tokio::test]
pub(crate) async fn method_may_return_a_custom_error_code() {
    let (_server, mut client) = with_bob().await;
    let error = client
        .err("creature", "sleepIn", json!({"id": "bob"}))
        .await;
    assert_eq!(
        error,
        json!({"code": "too_tired", "message": "sleeps until dawn"})
    );
}

#[tokio::test]
pub(crate) async fn internal_error_has_an_id_and_hides_its_cause() {
    let (_server, mut client) = with_bob().await;
    for (action, cause) in [
        ("stumble", "root"),
        ("stumbleLater", "root"),
        ("readAScroll", "scroll"),
    ] {
        let error = client.err("creature", action, json!({"id": "bob"})).await;
        assert_eq!(error["code"], "internal", "{error}");
        let message = error["message"].as_str().expect("a message");
        assert!(
            message.contains("(error 0") && !error.to_string().contains(cause),
            "{error}"
        );
    }
}

#[tokio::test]
pub(crate) async fn panicking_method_changes_nothing_and_unlocks() {
    let (server, mut client) = with_bob().await;
    let mut other = server.client().await;
    for action in ["stumble", "stumbleLater"] {
        client.err("creature", action, json!({"id": "bob"})).await;
        assert_eq!(
            other
                .ok("creature", "feed", json!({"id": "bob", "amount": 0}))
                .await,
            "I have been fed my life is: 10"
        );
    }
}

#[tokio::test]
pub(crate) async fn method_breaking_a_rule_stores_nothing() {
    let (_server, mut client) = with_bob().await;
    let error = client
        .err("creature", "overeat", json!({"id": "bob"}))
        .await;
    assert_eq!(error["code"], "invalid", "{error}");
    assert_eq!(
        (&error["fields"][0]["path"], &error["fields"][0]["rule"]),
        (&json!("life"), &json!("range"))
    );
    let rename = json!({"id": "bob", "to": "larry"});
    assert_eq!(client.code("creature", "rename", rename).await, "internal");
    assert_eq!(
        (
            client.head().await,
            client.ok("creature", "count", json!({})).await
        ),
        (1, json!(1))
    );
}

#[tokio::test]
pub(crate) async fn infinity_is_never_stored() {
    let (_server, mut client) = with_bob().await;
    let error = client
        .err("creature", "weighNothing", json!({"id": "bob"}))
        .await;
    assert_eq!(
        (&error["code"], &error["fields"][0]["rule"]),
        (&json!("invalid"), &json!("finite"))
    );
    let bob = client.ok("creature", "get", json!({"id": "bob"})).await;
    assert_eq!((&bob["weight"], &bob["tags"]), (&Value::Null, &json!([])));
}
