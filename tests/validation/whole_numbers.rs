//! Integers are accepted in every spelling of JSON.

use crate::support::{Client, TestServer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, Server, remote, resources};

#[derive(Serialize, Deserialize, JsonSchema)]
struct Size {
    width: u8,
    sides: Vec<i16>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Shape {
    Box { size: u64 },
}

#[derive(Serialize, Deserialize, Resource)]
struct Chest {
    id: i64,
    life: u8,
    size: Option<Size>,
    shape: Option<Shape>,
    #[resource(default)]
    weight: f64,
    #[resource(rev)]
    rev: u64,
}

#[derive(Serialize, Deserialize, Resource)]
struct Nail {
    id: u32,
    #[resource(parent = Chest)]
    chest_id: i64,
}

#[remote]
impl Chest {
    pub fn add(first: u8, second: Option<i64>) -> i64 {
        i64::from(first) + second.unwrap_or_default()
    }
}

const CHESTS: Resources = resources![Chest, Nail];

async fn chests() -> (TestServer, Client) {
    let server = TestServer::serve(Server::new(CHESTS)).await;
    let client = server.client().await;
    (server, client)
}

fn raw(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
pub(crate) async fn whole_numbers_are_integers_in_every_spelling() {
    let (_server, mut client) = chests().await;
    let given = r#"{"id":3.0,"life":1e2,"weight":2.0,"size":{"width":2.5e1,"sides":[1.0,-2.00,-0.0]},"shape":{"kind":"Box","size":7.0}}"#;
    let expected = json!({
        "id": 3, "life": 100, "weight": 2.0, "rev": 1,
        "size": {"width": 25, "sides": [1, -2, 0]}, "shape": {"kind": "Box", "size": 7},
    });
    assert_eq!(client.ok("chest", "create", raw(given)).await, expected);
    for (action, payload, expected) in [
        ("get", r#"{"id":3.0}"#, expected.clone()),
        ("get", r#"{"id":[0.3e1,3]}"#, json!([expected, expected])),
        (
            "find",
            r#"{"life":1e2,"$limit":1.0,"$skip":0.0,"$sort":{"life":-1.0}}"#,
            json!([expected]),
        ),
        (
            "count",
            r#"{"id":{"$in":[3.0,4.0]},"life":{"$gte":100.0}}"#,
            json!(1),
        ),
        ("add", r#"{"first":2.0,"second":-4e1}"#, json!(-38)),
    ] {
        assert_eq!(
            client.ok("chest", action, raw(payload)).await,
            expected,
            "{action} {payload}"
        );
    }
    client
        .ok("nail", "create", raw(r#"{"id":1.0,"chest_id":3.0}"#))
        .await;
    let nails = client
        .ok("chest", "nails", raw(r#"{"chest_id":3.0}"#))
        .await;
    assert_eq!(nails, json!([{"id": 1, "chest_id": 3}]));
    let update = client
        .ok("chest", "update", raw(r#"{"id":3.0,"life":9.0}"#))
        .await;
    assert_eq!(update["life"], 9);
    assert_eq!(
        client.ok("nail", "destroy", raw(r#"{"id":1e0}"#)).await["id"],
        1
    );
}

#[tokio::test]
pub(crate) async fn fractions_and_out_of_range_integers_are_rejected() {
    let (_server, mut client) = chests().await;
    for (payload, path) in [
        (r#"{"id":1.5,"life":1}"#, "id"),
        (r#"{"id":1,"life":2.56e2}"#, "life"),
        (r#"{"id":1,"life":0.5}"#, "life"),
        (r#"{"id":9007199254740992.0,"life":1}"#, "id"),
        (r#"{"id":1e400,"life":1}"#, "id"),
        (
            r#"{"id":1,"life":1,"size":{"width":1.0,"sides":[1e9]}}"#,
            "size.sides[0]",
        ),
    ] {
        // `serde_json::Value` cannot hold a number that overflows `f64`.
        let Ok(payload) = serde_json::from_str::<Value>(payload) else {
            continue;
        };
        let error = client.err("chest", "create", payload.clone()).await;
        assert_eq!(error["fields"][0]["path"], path, "{payload}: {error}");
    }
}

#[tokio::test]
pub(crate) async fn options_accept_whole_numbers() {
    let (_server, mut client) = chests().await;
    client
        .ok("chest", "create", json!({"id": 1, "life": 1}))
        .await;
    let frame = r#"["chest","update",{"id":1,"life":2},7,{"if_rev":1.0,"timeout_ms":5e3}]"#;
    let reply = client.ask_text(frame).await;
    assert_eq!(reply[2]["ok"]["rev"], 2, "{reply}");
}
