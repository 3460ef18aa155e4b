//! Invalid names, and names with a meaning in other languages.

use crate::support::TestServer;
use serde_json::{Value, json};

/// Names with a meaning in other languages or libraries.
const SPECIAL_NAMES: &[&str] = &[
    "error",
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
    "constructor",
    "__proto__",
    "prototype",
    "toString",
    "valueOf",
    "toJSON",
    "then",
    "define",
    "use",
    "emit",
    "hook",
    "unregister",
    "__defineGetter__",
    "drop",
    "clone",
];

#[tokio::test]
async fn non_string_name_is_a_bad_frame_to_its_ack_id() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let names = [
        json!(null),
        json!({}),
        json!([]),
        json!(["creature"]),
        json!([["a"]]),
        json!(7),
        json!(true),
        json!({"toString": "x", "startsWith": 1}),
    ];
    for name in names {
        for (resource, action) in [
            (name.clone(), name.clone()),
            (name.clone(), json!("get")),
            (json!("creature"), name.clone()),
        ] {
            let reply = client.ask(json!([resource, action, null, 0])).await;
            assert_eq!(reply[0], "sockful", "{reply}");
            assert_eq!(reply[1], "error", "{reply}");
            assert_eq!(reply[2]["err"]["code"], "bad_frame", "{reply}");
            assert_eq!(reply[3], 0, "{reply}");
            // Consecutive bad frames would close the connection.
            client.assert_alive().await;
        }
    }
}

#[tokio::test]
async fn special_names_of_other_languages_have_no_effect() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for name in SPECIAL_NAMES {
        for resource in ["creature", "sockful"] {
            let code = client.code(resource, name, Value::Null).await;
            assert_eq!(code, "unknown_action", "{resource} {name}");
        }
        let code = client.code(name, name, Value::Null).await;
        assert_eq!(code, "unknown_resource", "{name}");
        // A request without an ack id has no effect either.
        client.send(json!(["creature", name, {"id": "bob"}])).await;
    }
    assert_eq!(client.head().await, 0);
}

#[tokio::test]
async fn special_property_names_are_unknown_everywhere() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    for name in SPECIAL_NAMES {
        let polluted = json!({"isAdmin": true});
        for action in ["create", "update", "save", "get", "destroy", "feed"] {
            let payload = json!({"id": "bob", *name: polluted});
            let error = client.err("creature", action, payload).await;
            assert_eq!(error["fields"][0]["path"], *name, "{action}: {error}");
        }
        for query in [
            json!({*name: polluted}),
            json!({"$sort": {*name: 1}}),
            json!({"$select": [name]}),
        ] {
            let code = client.code("creature", "find", query).await;
            assert_eq!(code, "invalid_query", "{name}");
        }
        let error = client
            .ask(json!(["creature", "count", null, 1, {*name: polluted}]))
            .await;
        assert_eq!(error[2]["err"]["code"], "invalid", "{error}");
    }
    assert_eq!(client.head().await, 1);
}

#[tokio::test]
async fn special_objects_are_values_of_the_wrong_type() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for value in [
        json!({"_placeholder": true, "num": 0}),
        json!({"_placeholder": true, "num": "splice"}),
        json!({"$ref": "#/secret"}),
        json!({"type": "Buffer", "data": [1]}),
        json!({"$date": 0}),
        json!({"then": 1}),
    ] {
        let payload = json!({"id": "bob", "kind": value});
        let error = client.err("creature", "create", payload).await;
        assert_eq!(error["fields"][0]["rule"], "type", "{error}");
        let payload = json!({"id": value});
        let error = client.err("creature", "get", payload).await;
        assert_eq!(error["code"], "invalid", "{error}");
    }
}

#[tokio::test]
async fn malformed_credentials_do_not_end_the_connection() {
    let server = crate::support::notes_app::start().await;
    let mut client = server.client().await;
    for payload in [
        json!({"token": null}),
        json!({"token": 7}),
        json!({"token": {"toString": 1}}),
        json!({"token": ["admin"]}),
        json!({"token": ""}),
        json!({"token": "x".repeat(60_000)}),
        json!([]),
        json!("admin"),
        json!({"user": "admin"}),
        json!({"token": "admin:root", "isAdmin": true}),
    ] {
        client
            .reply("sockful", "authenticate", payload.clone())
            .await;
        let code = client.code("note", "purge", json!({})).await;
        assert!(
            matches!(&*code, "unauthenticated" | "forbidden"),
            "{payload}: {code}"
        );
    }
}
