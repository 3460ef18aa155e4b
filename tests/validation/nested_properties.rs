//! Properties inside of values: missing, unknown, and keys of maps.

use crate::support::{Client, TestServer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, Server, remote, resources};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

#[derive(Serialize, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    #[serde(default, alias = "colour")]
    color: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Shape {
    Circle { radius: u8 },
    Square { side: u8 },
    Named(Label),
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Label {
    label: String,
    #[serde(flatten)]
    more: Option<Extra>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Extra {
    extra: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Either {
    Point { x: u8, y: u8 },
    Text(String),
}

/// Accepts and ignores unknown properties.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
struct Loose {
    name: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Catch {
    name: String,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
enum Side {
    Left,
    Right,
}

#[derive(Serialize, Deserialize, Resource)]
struct Device {
    id: u32,
    part: Option<Part>,
    #[resource(default)]
    parts: Vec<Part>,
    #[resource(default)]
    sorted: BTreeSet<Part>,
    #[resource(default)]
    by_number: BTreeMap<u8, Part>,
    #[resource(default)]
    by_side: HashMap<Side, u8>,
    #[resource(default)]
    by_uuid: BTreeMap<Uuid, Part>,
    shape: Option<Shape>,
    either: Option<Either>,
    loose: Option<Loose>,
    catch: Option<Catch>,
    any: Option<Value>,
}

#[remote]
impl Device {
    pub fn fit(part: Part) -> String {
        part.name
    }
}

const DEVICES: Resources = resources![Device];

async fn devices() -> (TestServer, Client) {
    let server = TestServer::serve(Server::new(DEVICES)).await;
    let client = server.client().await;
    (server, client)
}

/// Returns the path and the rule of the only fault.
async fn fault(client: &mut Client, payload: Value) -> (String, String) {
    let error = client.err("device", "save", payload.clone()).await;
    let fields = error["fields"].as_array().expect("faults");
    assert_eq!(fields.len(), 1, "{payload}: {error}");
    let text = |name: &str| fields[0][name].as_str().expect("a text").to_owned();
    (text("path"), text("rule"))
}

#[tokio::test]
pub(crate) async fn nested_faults_have_the_rules_of_top_level_ones() {
    let (_server, mut client) = devices().await;
    for (property, value, path, rule) in [
        ("part", json!({}), "part.name", "required"),
        (
            "parts",
            json!([{"name": "a"}, {"color": "b"}]),
            "parts[1].name",
            "required",
        ),
        (
            "by_number",
            json!({"7": {}}),
            "by_number.7.name",
            "required",
        ),
        (
            "by_number",
            json!({"x": {"name": "a"}}),
            "by_number.x",
            "type",
        ),
        ("by_side", json!({"top": 1}), "by_side.top", "type"),
        ("by_uuid", json!({"x": {"name": "a"}}), "by_uuid", "type"),
        (
            "part",
            json!({"name": "a", "nmae": "b"}),
            "part.nmae",
            "unknown",
        ),
        (
            "parts",
            json!([{"name": "a"}, {"name": "b", "x": null}]),
            "parts[1].x",
            "unknown",
        ),
        (
            "sorted",
            json!([{"name": "b", "x": 1}, {"name": "a", "color": "c"}]),
            "sorted[0].x",
            "unknown",
        ),
        (
            "by_number",
            json!({"7": {"name": "a", "x": 1}}),
            "by_number.7.x",
            "unknown",
        ),
        (
            "shape",
            json!({"type": "circle", "radius": 1, "x": 1}),
            "shape.x",
            "unknown",
        ),
        (
            "shape",
            json!({"type": "circle", "radius": 1, "side": 1}),
            "shape.side",
            "unknown",
        ),
        (
            "shape",
            json!({"type": "named", "label": "a", "x": 1}),
            "shape.x",
            "unknown",
        ),
        (
            "either",
            json!({"x": 1, "y": 2, "z": 3}),
            "either.z",
            "unknown",
        ),
    ] {
        let payload = json!({"id": 1, property: value});
        assert_eq!(
            fault(&mut client, payload.clone()).await,
            (path.to_owned(), rule.to_owned()),
            "{payload}"
        );
    }
    let error = client
        .err("device", "fit", json!({"part": {"name": "a", "x": 1}}))
        .await;
    assert_eq!(error["fields"][0]["path"], "part.x", "{error}");
}

#[tokio::test]
pub(crate) async fn properties_known_or_allowed_by_a_type_are_valid() {
    let (_server, mut client) = devices().await;
    let upper = "067E6162-3B6F-4AE2-A171-2470B63DFF01";
    for (property, value) in [
        ("part", json!({"name": "a", "colour": "red"})),
        ("part", json!({"name": "a", "colour": null})),
        ("part", json!({"name": "a", "note": null})),
        (
            "parts",
            json!([{"name": "a", "note": "b"}, {"name": "b", "note": null, "color": null}]),
        ),
        (
            "sorted",
            json!([{"name": "b", "note": null}, {"name": "a", "note": "c"}]),
        ),
        ("by_uuid", json!({upper: {"name": "a"}})),
        ("by_number", json!({"7": {"name": "a", "note": null}})),
        ("shape", json!({"type": "named", "label": "a", "extra": 1})),
        ("either", json!({"x": 1, "y": 2})),
        ("either", json!("text")),
        ("loose", json!({"name": "a", "x": {"y": 1}})),
        ("catch", json!({"name": "a", "x": {"y": 1}})),
        ("any", json!({"x": {"y": 1.0}})),
    ] {
        let payload = json!({"id": 1, property: value});
        client.ok("device", "save", payload).await;
    }
}
