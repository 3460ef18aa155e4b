//! The changes since an older description.

use crate::support::{TestServer, notes_app};
use serde_json::{Value, json};

#[tokio::test]
async fn changes_since_a_description_are_listed() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let now = client.ok("sockful", "schema", Value::Null).await;
    let same = client.ok("sockful", "changes", json!({"since": now})).await;
    assert_eq!(same, json!({"verdict": "same", "changes": []}));
    let mut old = now;
    let creature = &mut old["resources"]["creature"];
    let record = creature["record"]["properties"].as_object_mut();
    record.expect("properties").remove("kind");
    creature["actions"]["fly"] = json!({});
    let report = client.ok("sockful", "changes", json!({"since": old})).await;
    let change = |what: &str, verdict: &str, message: &str| json!({"resource": "creature", "what": what, "verdict": verdict, "message": message});
    let changes = [
        change("record.kind", "compatible", "is new"),
        change("fly", "breaking", "was removed"),
    ];
    assert_eq!(report, json!({"verdict": "breaking", "changes": changes}));
}

#[tokio::test]
async fn changes_rejects_an_invalid_description() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for (payload, rule) in [
        (json!({}), "required"),
        (json!({"since": null}), "type"),
        (json!({"since": {"resources": 1}}), "type"),
    ] {
        let error = client.err("sockful", "changes", payload).await;
        assert_eq!(error["code"], "invalid", "{error}");
        let field = &error["fields"][0];
        assert_eq!(
            (&field["path"], &field["rule"]),
            (&json!("since"), &json!(rule))
        );
    }
}

#[tokio::test]
async fn description_that_is_too_large_is_rejected() {
    let server = TestServer::start_with(|config| config.connection.max_frame = 4 * 1024 * 1024);
    let server = server.await;
    let mut client = server.client().await;
    let now = client.ok("sockful", "schema", Value::Null).await;
    let mut large = now.clone();
    large["$defs"]["Large"] = json!({"enum": vec!["x"; 200_000]});
    // A small payload with too many pairs to compare.
    let mut many = json!({"resources": {"creature": {"actions": {}, "events": {}}}});
    let mut record = json!({"$ref": "#/$defs/15"});
    record["type"] = "object".into();
    many["resources"]["creature"]["record"] = record;
    many["$defs"] = json!({"0": {"type": "string"}});
    for at in 1..=15 {
        let below = json!({"$ref": format!("#/$defs/{}", at - 1)});
        many["$defs"][at.to_string()] = json!({"anyOf": [below, below]});
    }
    for since in [large, many] {
        let error = client
            .err("sockful", "changes", json!({"since": since}))
            .await;
        let field = &error["fields"][0];
        assert_eq!(field["path"], "since", "{error}");
        assert_eq!(field["message"], "is too large to compare");
    }
    client.ok("sockful", "changes", json!({"since": now})).await;
}

#[tokio::test]
async fn changes_require_authentication() {
    let server = notes_app::start().await;
    let mut anonymous = server.client().await;
    let since = json!({"since": {"resources": {}}});
    let code = anonymous.code("sockful", "changes", since.clone()).await;
    assert_eq!(code, "unauthenticated");
    let mut bob = server.client_as("bob").await;
    let report = bob.ok("sockful", "changes", since).await;
    assert_eq!(report["verdict"], "compatible");
}
