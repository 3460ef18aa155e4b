//! Access to properties: private, write-only, read-only, immutable.

use crate::support::{Client, TestServer, sample_resources, unix_time};
use serde_json::{Value, json};
use sockful::Server;

/// A server of accounts whose clock is fixed at 1,000 ms.
pub(crate) async fn accounts() -> (TestServer, Client) {
    let server =
        TestServer::serve(Server::new(sample_resources::ACCOUNTS).clock(|| unix_time(1_000))).await;
    let client = server.client().await;
    (server, client)
}

/// Returns the rule and the path of the only fault.
pub(crate) async fn fault(client: &mut Client, action: &str, payload: Value) -> (String, String) {
    let error = client.err("account", action, payload).await;
    assert_eq!(error["code"], "invalid", "{error}");
    let fields = error["fields"].as_array().expect("faults");
    assert_eq!(fields.len(), 1, "{error}");
    let text = |key: &str| fields[0][key].as_str().expect("a text").to_owned();
    (text("rule"), text("path"))
}

fn is(rule: &str, path: &str) -> (String, String) {
    (rule.to_owned(), path.to_owned())
}

#[tokio::test]
async fn write_only_property_is_set_and_never_sent() {
    let (_server, mut client) = accounts().await;
    let created = client
        .ok("account", "create", json!({"id": "bob", "password": "x"}))
        .await;
    assert!(!created.to_string().contains("password"), "{created}");
    assert_eq!(
        client
            .ok("account", "check", json!({"id": "bob", "password": "x"}))
            .await,
        true
    );
    let updated = client
        .ok("account", "update", json!({"id": "bob", "password": "y"}))
        .await;
    assert!(!updated.to_string().contains("password"), "{updated}");
    // A client that saves a record cannot include properties that it never received.
    client
        .ok("account", "save", json!({"id": "bob", "points": 1}))
        .await;
    assert_eq!(
        client
            .ok("account", "check", json!({"id": "bob", "password": "y"}))
            .await,
        true
    );
    for payload in [
        json!({"password": "y"}),
        json!({"$or": [{"password": {"$prefix": "y"}}]}),
        json!({"$sort": {"password": 1}}),
        json!({"$select": ["password"]}),
    ] {
        let error = client.err("account", "find", payload).await;
        assert_eq!(error["code"], "invalid_query", "{error}");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|it| it.contains("never sent")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn immutable_property_is_set_at_creation_only() {
    let (_server, mut client) = accounts().await;
    let bob = client
        .ok("account", "create", json!({"id": "bob", "team": "blue"}))
        .await;
    assert_eq!(bob["team"], "blue");
    for team in ["green", "blue"] {
        let payload = json!({"id": "bob", "team": team});
        assert_eq!(
            fault(&mut client, "update", payload).await,
            is("immutable", "team")
        );
    }
    let payload = json!({"id": "bob", "team": "green"});
    assert_eq!(
        fault(&mut client, "save", payload).await,
        is("immutable", "team")
    );
    assert_eq!(client.ok("account", "save", bob.clone()).await, bob);
    // An omitted immutable property keeps its value instead of taking the default.
    assert_eq!(
        client.ok("account", "save", json!({"id": "bob"})).await,
        bob
    );
}

#[tokio::test]
async fn schema_marks_write_only_immutable_and_read_only() {
    let (_server, mut client) = accounts().await;
    let described = client.ok("sockful", "schema", Value::Null).await;
    let account = &described["resources"]["account"];
    let properties = |path: &str| account.pointer(path).expect("a schema")["properties"].clone();
    let record = properties("/record");
    let create = properties("/actions/create/payload");
    let update = properties("/actions/update/payload");
    assert_eq!(record.get("password"), None);
    assert_eq!(create["password"]["writeOnly"], true);
    assert_eq!(update["password"]["writeOnly"], true);
    assert!(record.get("team").is_some() && create.get("team").is_some());
    assert_eq!(update.get("team"), None);
    for name in ["since", "touched", "revision"] {
        assert_eq!(record[name]["readOnly"], true, "{name}");
        assert_eq!((create.get(name), update.get(name)), (None, None), "{name}");
    }
    assert_eq!(record["gold"]["type"], "string");
    assert_eq!(record["gold"]["pattern"], "^(0|-?[1-9][0-9]*)$");
    assert_eq!(record["debt"]["type"], json!(["string", "null"]));
    assert_eq!(
        account["actions"]["earn"]["payload"]["properties"]["gold"]["type"],
        "string"
    );
}
