//! Defaults in the description of the API.

use crate::support::TestServer;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, Server, remote, resources};
use std::sync::atomic::{AtomicU32, Ordering};

/// Returns a different number on each call.
fn next() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

const TEN: u32 = 10;
const LEAST: i32 = 10;

#[derive(Serialize, Deserialize, Resource)]
struct Ticket {
    id: u32,
    #[resource(default = next(), range(1..))]
    number: u32,
    #[resource(default = [next(), 1])]
    pair: [u32; 2],
    #[resource(default = vec![TEN])]
    list: Vec<u32>,
    #[resource(default = String::from("new"))]
    word: String,
    #[resource(default = "new")]
    state: String,
    #[resource(default = -LEAST * 2)]
    debt: i32,
    #[resource(default = [1, TEN])]
    fixed: [u32; 2],
    #[resource(default)]
    seats: Vec<u32>,
}

#[remote]
impl Ticket {
    pub fn call(
        #[resource(default = next())] from: u32,
        #[resource(default = TEN)] to: u32,
    ) -> u32 {
        to.saturating_sub(from)
    }
}

const TICKETS: Resources = resources![Ticket];

async fn described() -> Value {
    let server = TestServer::serve(Server::new(TICKETS)).await;
    let mut client = server.client().await;
    client.ok("sockful", "schema", Value::Null).await
}

#[tokio::test]
pub(crate) async fn computed_default_leaves_description_unchanged() {
    let (first, second) = (described().await, described().await);
    assert_eq!(first["schema"], second["schema"]);
    assert_eq!(first, second);
}

#[tokio::test]
pub(crate) async fn only_constant_defaults_are_described() {
    let description = described().await;
    let actions = &description["resources"]["ticket"]["actions"];
    let create = &actions["create"]["payload"];
    assert_eq!(create["required"], json!(["id"]));
    for (name, default) in [
        ("number", None),
        ("pair", None),
        ("list", None),
        ("word", None),
        ("state", Some(json!("new"))),
        ("debt", Some(json!(-20))),
        ("fixed", Some(json!([1, 10]))),
        ("seats", Some(json!([]))),
    ] {
        let described = create["properties"][name].get("default");
        assert_eq!(described, default.as_ref(), "{name}");
    }
    let call = &actions["call"]["payload"];
    assert_eq!(call["required"], json!([]));
    assert_eq!(call["properties"]["from"].get("default"), None);
    assert_eq!(call["properties"]["to"]["default"], 10);
}
