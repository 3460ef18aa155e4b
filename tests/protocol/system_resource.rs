//! The `sockful` resource: ping, schema, hello.

use crate::support::{TestServer, sample_resources};
use serde_json::{Value, json};

#[tokio::test]
async fn ping_tells_the_newest_commit_and_the_epoch() {
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
async fn the_epoch_of_another_server_is_another() {
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
async fn what_takes_nothing_refuses_what_it_is_given_by_name() {
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
async fn the_schema_describes_every_action_and_is_the_same_for_everyone() {
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
async fn a_read_only_property_is_in_the_record_and_in_no_payload_that_writes() {
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

/// What a schema refers to, or itself where it is no reference.
fn referred<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => document
            .pointer(path.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("`{path}` leads nowhere")),
        None => schema,
    }
}

#[tokio::test]
async fn every_reference_in_the_schema_leads_somewhere_in_it() {
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
async fn a_resource_called_sockful_has_no_other_action() {
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
async fn the_hello_tells_protocol_schema_time_and_limits() {
    let server = TestServer::start_with(|config| config.connection.max_frame = 5000).await;
    let mut client = server.client_before_hello().await;
    let hello = client.recv().await;
    assert_eq!(
        (&hello[0], &hello[1], &hello[3]),
        (&json!("sockful"), &json!("hello"), &Value::Null)
    );
    let told = &hello[2];
    assert_eq!(
        (
            &told["protocol"],
            &told["limits"]["max_frame"],
            &told["limits"]["max_in_flight"],
            &told["keys"]
        ),
        (&json!(1), &json!(5000), &json!(64), &json!(true))
    );
    assert!(
        told["time"]
            .as_u64()
            .is_some_and(|time| time > 1_700_000_000_000),
        "{hello}"
    );
    let schema = client.ok("sockful", "schema", json!(null)).await;
    assert_eq!(told["schema"], schema["schema"]);
}

#[tokio::test]
async fn the_schema_tells_nothing_of_private_properties_nor_of_their_types() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let schema = client
        .ok("sockful", "schema", Value::Null)
        .await
        .to_string();
    for inside in ["seal", "Seal", "wax", "nobody outside"] {
        assert!(!schema.contains(inside), "{inside}");
    }
    assert!(schema.contains("Somebody has it"));
}
