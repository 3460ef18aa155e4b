//! The `sockful` resource: ping, schema, hello.

use crate::support::{TestServer, sample_resources};
use serde_json::{Value, json};

#[tokio::test]
async fn ping_returns_head_seq_and_epoch() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let before = client.ok("sockful", "ping", json!(null)).await;
    client.ok("creature", "create", json!({})).await;
    let after = server.client().await.ok("sockful", "ping", json!({})).await;
    assert_eq!((&before["seq"], &after["seq"]), (&json!(0), &json!(1)));
    assert!(
        before["epoch"].is_string() && before["epoch"] == after["epoch"],
        "{before} {after}"
    );
}

#[tokio::test]
async fn each_server_has_its_own_epoch() {
    let mut epochs = Vec::new();
    for _ in 0..2 {
        let server = TestServer::start().await;
        epochs.push(
            server
                .client()
                .await
                .ok("sockful", "ping", json!(null))
                .await["epoch"]
                .take(),
        );
    }
    assert_ne!(epochs[0], epochs[1]);
}

#[tokio::test]
async fn actions_without_payload_reject_properties() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for action in ["ping", "schema"] {
        let error = client
            .err("sockful", action, json!({"verbose": true}))
            .await;
        assert_eq!(
            (&error["code"], &error["fields"][0]["path"]),
            (&json!("invalid"), &json!("verbose"))
        );
    }
}

#[tokio::test]
async fn schema_lists_every_action_for_all_clients() {
    let server = TestServer::start().await;
    let schema = server
        .client()
        .await
        .ok("sockful", "schema", json!(null))
        .await;
    assert_eq!(
        server
            .client()
            .await
            .ok("sockful", "schema", json!(null))
            .await,
        schema
    );
    let creature = &schema["resources"]["creature"];
    for route in sample_resources::RESOURCES.routes() {
        let resource = sample_resources::RESOURCES.entries()[usize::from(route.resource)]
            .shape
            .definition
            .name;
        let action = &schema["resources"][resource]["actions"][route.name];
        assert!(
            action["payload"].is_object() && !action["result"].is_null(),
            "{resource} {}: {action}",
            route.name
        );
    }
    assert_eq!(creature["actions"]["die"], Value::Null);
    assert_eq!(
        creature["actions"]["feed"]["payload"]["properties"]["amount"]["default"],
        1
    );
    assert_eq!(
        creature["actions"]["greet"]["payload"]["required"],
        json!(["name"])
    );
    assert_eq!(
        schema["resources"]["node"]["record"]["required"],
        json!(["id", "name"])
    );
}

#[tokio::test]
async fn read_only_property_is_absent_from_write_payloads() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let schema = client.ok("sockful", "schema", json!(null)).await;
    let creature = &schema["resources"]["creature"];
    assert_eq!(creature["record"]["properties"]["born"]["readOnly"], true);
    for action in ["create", "update", "save"] {
        let payload = &creature["actions"][action]["payload"];
        let properties = &referred(&schema, payload)["properties"];
        assert!(
            properties["born"].is_null() && properties["life"].is_object(),
            "{action}: {properties}"
        );
    }
}

/// The schema that a reference resolves to, or the schema itself if it is not a reference.
fn referred<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => document
            .pointer(path.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("`{path}` leads nowhere")),
        None => schema,
    }
}

#[tokio::test]
async fn schema_references_resolve() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let schema = client.ok("sockful", "schema", json!(null)).await;
    let (mut rest, mut references) = (vec![&schema], 0);
    while let Some(value) = rest.pop() {
        references += usize::from(!std::ptr::eq(referred(&schema, value), value));
        match value {
            Value::Array(items) => rest.extend(items),
            Value::Object(map) => rest.extend(map.values()),
            _ => {}
        }
    }
    assert!(references > 20, "{references}");
}

#[tokio::test]
async fn sockful_resource_has_no_other_actions() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for action in ["hello", "get", "create", "error", "expired", "Ping"] {
        assert_eq!(
            client.code("sockful", action, json!(null)).await,
            "unknown_action",
            "{action}"
        );
    }
}

#[tokio::test]
async fn hello_has_protocol_schema_time_and_limits() {
    let server = TestServer::start_with(|config| config.connection.max_frame = 5000).await;
    let mut client = server.client_before_hello().await;
    let hello = client.recv().await;
    assert_eq!(
        (&hello[0], &hello[1], &hello[3]),
        (&json!("sockful"), &json!("hello"), &Value::Null)
    );
    let payload = &hello[2];
    assert_eq!(
        (
            &payload["protocol"],
            &payload["limits"]["max_frame"],
            &payload["limits"]["max_in_flight"],
            &payload["keys"]
        ),
        (&json!(1), &json!(5000), &json!(64), &json!(true))
    );
    assert!(
        payload["time"]
            .as_u64()
            .is_some_and(|time| time > 1_700_000_000_000),
        "{hello}"
    );
    let schema = client.ok("sockful", "schema", json!(null)).await;
    assert_eq!(payload["schema"], schema["schema"]);
}

#[tokio::test]
async fn schema_omits_private_properties_and_their_types() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let schema = client
        .ok("sockful", "schema", Value::Null)
        .await
        .to_string();
    for inside in ["seal", "Seal", "wax", "never sent to clients"] {
        assert!(!schema.contains(inside), "{inside}");
    }
    assert!(schema.contains("The token has a holder"));
}
