//! Updating, saving and destroying records, and the commits that result.

use super::create_and_get::{bob, with_bob};
use crate::support::TestServer;
use serde_json::{Value, json};

fn with(mut record: Value, name: &str, value: Value) -> Value {
    record[name] = value;
    record
}

#[tokio::test]
pub(crate) async fn update_changes_only_given_properties() {
    let (_server, mut client) = with_bob().await;
    let updated = client
        .reply("creature", "update", json!({"id": "bob", "life": 11}))
        .await;
    assert_eq!(
        updated,
        json!({"ok": with(bob(), "life", json!(11)), "seq": 2})
    );
    assert_eq!(
        client.reply("creature", "get", json!({"id": "bob"})).await,
        updated
    );
}

#[tokio::test]
pub(crate) async fn update_with_null_clears_an_optional_property() {
    let (_server, mut client) = with_bob().await;
    client
        .ok("creature", "update", json!({"id": "bob", "mood": "wild"}))
        .await;
    assert_eq!(
        client
            .ok("creature", "update", json!({"id": "bob", "mood": null}))
            .await,
        bob()
    );
}

#[tokio::test]
pub(crate) async fn update_with_null_of_required_property_is_invalid() {
    let (_server, mut client) = with_bob().await;
    let error = client
        .err("creature", "update", json!({"id": "bob", "life": null}))
        .await;
    assert_eq!(
        (&error["code"], &error["fields"][0]["path"]),
        (&json!("invalid"), &json!("life")),
        "{error}"
    );
}

#[tokio::test]
pub(crate) async fn unchanged_write_makes_no_commit() {
    let (_server, mut client) = with_bob().await;
    client
        .ok("creature", "create", json!({"id": "larry"}))
        .await;
    for (action, payload) in [
        ("update", json!({"id": "bob", "life": 10})),
        ("save", json!({"id": "bob"})),
        ("update", json!({"id": "bob"})),
    ] {
        assert_eq!(
            client.reply("creature", action, payload).await,
            json!({"ok": bob(), "seq": 2}),
            "{action}"
        );
    }
    let fed = client
        .reply("creature", "feed", json!({"id": "bob", "amount": 0}))
        .await;
    assert_eq!((&fed["seq"], client.head().await), (&json!(2), 2));
}

#[tokio::test]
pub(crate) async fn commits_are_numbered_without_gaps() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let writes = [
        ("create", json!({"id": "bob"})),
        ("update", json!({"id": "bob", "life": 1})),
        ("save", json!({"id": "bob"})),
        ("feed", json!({"id": "bob"})),
        ("destroy", json!({"id": "bob"})),
        ("save", json!({"id": "bob"})),
    ];
    for (seq, (action, payload)) in (1..).zip(writes) {
        assert_eq!(
            client.reply("creature", action, payload).await["seq"],
            seq,
            "{action}"
        );
        assert_eq!(client.head().await, seq);
    }
}

#[tokio::test]
pub(crate) async fn failed_write_takes_no_seq() {
    let (_server, mut client) = with_bob().await;
    for (action, payload) in [
        ("create", json!({"id": "bob"})),
        ("update", json!({"id": "bob", "life": "x"})),
        ("sleepIn", json!({"id": "bob"})),
    ] {
        client.err("creature", action, payload).await;
    }
    assert_eq!(client.head().await, 1);
}

#[tokio::test]
pub(crate) async fn save_creates_an_absent_record() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    assert_eq!(
        client.reply("creature", "save", json!({"id": "bob"})).await,
        json!({"ok": bob(), "seq": 1})
    );
    assert_eq!(
        client.ok("creature", "save", json!({})).await["kind"],
        "dragon"
    );
}

#[tokio::test]
pub(crate) async fn save_replaces_writable_properties_only() {
    let (_server, mut client) = with_bob().await;
    client
        .ok(
            "creature",
            "update",
            json!({"id": "bob", "life": 3, "mood": "wild", "tags": ["a"]}),
        )
        .await;
    client
        .ok(
            "creature",
            "whisper",
            json!({"id": "bob", "secret": "gold"}),
        )
        .await;
    let saved = client
        .ok("creature", "save", json!({"id": "bob", "kind": "unicorn"}))
        .await;
    assert_eq!(saved, with(bob(), "kind", json!("unicorn")));
    assert_eq!(
        client.ok("creature", "tell", json!({"id": "bob"})).await,
        "gold"
    );
}

#[tokio::test]
pub(crate) async fn destroy_returns_the_last_state() {
    let (_server, mut client) = with_bob().await;
    assert_eq!(
        client
            .reply("creature", "destroy", json!({"id": "bob"}))
            .await,
        json!({"ok": bob(), "seq": 2})
    );
    assert_eq!(
        client.code("creature", "get", json!({"id": "bob"})).await,
        "not_found"
    );
    assert_eq!(
        client
            .code("creature", "destroy", json!({"id": "bob"}))
            .await,
        "not_found"
    );
}

#[tokio::test]
pub(crate) async fn save_accepts_unchanged_read_only_properties() {
    let (_server, mut client) = with_bob().await;
    let mut read = client.ok("creature", "get", json!({"id": "bob"})).await;
    assert_eq!(
        client.ok("creature", "save", read.clone()).await,
        read,
        "nothing is changed"
    );
    read["born"] = json!(1066);
    let error = client.err("creature", "save", read).await;
    assert_eq!(error["fields"][0]["path"], "born");
    assert_eq!(error["fields"][0]["rule"], "read_only");
}
