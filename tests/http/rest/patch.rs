//! Bodies of `PATCH`: plain JSON and merge patches.

use super::{ask, response};
use crate::support::TestServer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Server, remote, resources};
use std::collections::BTreeMap;

const MERGE: &str = "Content-Type: application/merge-patch+json\r\n";
const TYPES: &str =
    "application/json, application/merge-patch+json, application/x-www-form-urlencoded";

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Address {
    town: String,
    street: Option<String>,
    #[serde(default)]
    floors: BTreeMap<String, u32>,
}

/// A recursive type.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Tree {
    Leaf(i64),
    Pair(Box<Tree>, Box<Tree>),
    Named { name: String, tree: Box<Tree> },
}

#[derive(Serialize, Deserialize, Resource)]
struct House {
    id: String,
    home: Option<Address>,
    #[resource(default)]
    tags: Vec<String>,
    note: Option<String>,
    tree: Option<Tree>,
}

#[remote]
impl House {
    pub fn plant(&mut self, tree: Tree) -> Option<Tree> {
        self.tree.replace(tree)
    }
}

async fn server() -> TestServer {
    let server = TestServer::serve(Server::new(resources![House])).await;
    let house = json!({
        "id": "a",
        "home": {"town": "A", "street": "B", "floors": {"x": 1, "y": 2}},
        "tags": ["one", "two"],
        "note": "c",
    });
    let made = ask(&server, "POST /api/house", "", &house.to_string()).await;
    assert_eq!(made.status, 201, "{made:?}");
    server
}

async fn patched(server: &TestServer, headers: &str, patch: Value) -> Value {
    let answer = ask(server, "PATCH /api/house/a", headers, &patch.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["ok"].clone()
}

#[tokio::test]
async fn merge_patch_changes_only_what_it_names() {
    let server = server().await;
    let house = patched(&server, MERGE, json!({"home": {"street": "C"}})).await;
    let home = json!({"town": "A", "street": "C", "floors": {"x": 1, "y": 2}});
    assert_eq!(house["home"], home);
    let patch = json!({"home": {"street": null, "floors": {"x": null, "z": 3}}, "note": null});
    let house = patched(&server, MERGE, patch).await;
    let home = json!({"town": "A", "street": null, "floors": {"y": 2, "z": 3}});
    assert_eq!((&house["home"], &house["note"]), (&home, &Value::Null));
    // An array is replaced, and so is an object if the patch has another type.
    let house = patched(&server, MERGE, json!({"tags": ["three"], "home": null})).await;
    assert_eq!(
        (&house["tags"], &house["home"]),
        (&json!(["three"]), &Value::Null)
    );
    // There is no object to merge into.
    let patch = json!({"home": {"town": "D", "street": null}});
    let house = patched(&server, MERGE, patch).await;
    assert_eq!(
        house["home"],
        json!({"town": "D", "street": null, "floors": {}})
    );
    let charset = "Content-Type: Application/Merge-Patch+JSON; charset=utf-8\r\n";
    let house = patched(&server, charset, json!({"home": {"town": "E"}})).await;
    assert_eq!(house["home"]["town"], "E");
}

#[tokio::test]
async fn merge_patch_removing_a_required_property_fails() {
    let server = server().await;
    let patch = json!({"home": {"town": null}}).to_string();
    let answer = ask(&server, "PATCH /api/house/a", MERGE, &patch).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    let (_, read) = response(&server, "GET /api/house/a", "").await;
    assert_eq!(read["ok"]["home"]["town"], "A");
    for patch in [
        "[1]",
        "7",
        r#"{"wings":1}"#,
        r#"{"home":{"town":"A","town":"B"}}"#,
    ] {
        let answer = ask(&server, "PATCH /api/house/a", MERGE, patch).await;
        assert_eq!(answer.status, 422, "{patch} {answer:?}");
    }
    let missing = ask(&server, "PATCH /api/house/b", MERGE, "{}").await;
    assert_eq!(missing.status, 404);
}

#[tokio::test]
async fn plain_json_replaces_whole_properties() {
    let server = server().await;
    let patch = json!({"home": {"town": "B"}});
    let house = patched(&server, "Content-Type: application/json\r\n", patch).await;
    assert_eq!(
        house["home"],
        json!({"town": "B", "street": null, "floors": {}})
    );
}

#[tokio::test]
async fn retried_merge_patch_takes_effect_once() {
    let server = server().await;
    let key = "Idempotency-Key: ";
    let key = format!("{key}{}\r\n", uuid::Uuid::now_v7());
    let body = r#"{"home":{"floors":{"x":9}}}"#;
    for _ in 0..2 {
        let answer = ask(
            &server,
            "PATCH /api/house/a",
            &format!("{MERGE}{key}"),
            body,
        )
        .await;
        assert_eq!(
            answer.json()["ok"]["home"]["floors"],
            json!({"x": 9, "y": 2})
        );
    }
    // The same body as plain JSON is a different request.
    let answer = ask(&server, "PATCH /api/house/a", &key, body).await;
    assert_eq!(answer.status, 409, "{answer:?}");
}

#[tokio::test]
async fn other_patch_types_get_415_with_accepted_types() {
    let server = server().await;
    for kind in [
        "application/json-patch+json",
        "application/json-seq",
        "application/vnd.api+json",
        "application/xml",
        "text/plain",
    ] {
        let headers = format!("Content-Type: {kind}\r\n");
        let patch = r#"[{"op":"remove","path":"/note"}]"#;
        let answer = ask(&server, "PATCH /api/house/a", &headers, patch).await;
        assert_eq!(answer.status, 415, "{kind} {answer:?}");
        assert_eq!(answer.header("accept-patch"), Some(TYPES), "{kind}");
    }
    for request in [
        "POST /api/house",
        "PUT /api/house/a",
        "POST /api/house/a/plant",
    ] {
        for kind in [
            "application/merge-patch+json",
            "application/json-patch+json",
        ] {
            let headers = format!("Content-Type: {kind}\r\n");
            let answer = ask(&server, request, &headers, r#"{"id":"a"}"#).await;
            assert_eq!(answer.status, 415, "{request} {kind} {answer:?}");
        }
    }
    let options = ask(&server, "OPTIONS /api/house/a", "", "").await;
    assert_eq!(options.header("accept-patch"), Some(TYPES));
    let options = ask(&server, "OPTIONS /api/house", "", "").await;
    assert_eq!(options.header("accept-patch"), None);
}

#[tokio::test]
async fn form_for_a_type_that_contains_itself_is_read() {
    let server = server().await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let answer = ask(&server, "POST /api/house/a/plant", form, "tree=7").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = ask(&server, "PATCH /api/house/a", form, "tree=8&note=x").await;
    assert_eq!(answer.json()["ok"]["tree"], 8);
    // The other readers of the description also handle recursion.
    for file in [
        "types.d.ts",
        "types.js",
        "schema.json",
        "asyncapi.json",
        "openapi.json",
    ] {
        let answer = ask(&server, &format!("GET /sockful/{file}"), "", "").await;
        assert_eq!(answer.status, 200, "{file}");
    }
    let deep = format!("{}1{}", "[".repeat(60), ",2]".repeat(60));
    let (status, _) = response(
        &server,
        "POST /api/house/a/plant",
        &format!(r#"{{"tree":{deep}}}"#),
    )
    .await;
    assert_eq!(status, 200);
}
