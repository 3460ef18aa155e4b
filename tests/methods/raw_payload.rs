//! Remote methods that take the whole payload as one argument.

use crate::support::{Client, TestServer};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sockful::{Config, Resource, Resources, Server, remote, resources};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize, Resource)]
struct Shelf {
    id: u32,
    #[resource(default)]
    held: u32,
}

/// A box that is put on a shelf.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Delivery {
    count: u8,
    label: Option<Label>,
}

#[derive(Deserialize, JsonSchema)]
struct Label {
    text: String,
}

/// One of several variants, each with its own properties and no others.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Order {
    Put { count: u8 },
    Clear {},
}

#[remote]
impl Shelf {
    pub fn put(&mut self, #[payload] delivery: Delivery) -> u32 {
        let label = delivery.label.map_or(0, |label| label.text.len());
        self.held += u32::from(delivery.count) + u32::try_from(label).unwrap_or_default();
        self.held
    }

    pub fn tally(#[payload] Delivery { count, .. }: Delivery) -> u8 {
        count
    }

    pub fn order(&self, #[payload] order: Order) -> u32 {
        match order {
            Order::Put { count } => self.held + u32::from(count),
            Order::Clear {} => 0,
        }
    }

    pub fn sum(&self, #[payload] all: BTreeMap<String, u8>) -> u32 {
        self.id + all.values().map(|count| u32::from(*count)).sum::<u32>()
    }

    pub fn echo(#[payload] all: Value) -> Value {
        all
    }

    pub fn read(#[payload] label: Option<Label>) -> Option<String> {
        label.map(|label| label.text)
    }
}

const SHELVES: Resources = resources![Shelf];

async fn shelves() -> (TestServer, Client) {
    let mut config = Config::default();
    // A fast machine would exceed the default rate limit.
    (
        config.request.max_request_rate,
        config.request.request_burst,
    ) = (u32::MAX, u32::MAX);
    let server = TestServer::serve(Server::new(SHELVES).config(config)).await;
    let mut client = server.client().await;
    client.ok("shelf", "create", json!({"id": 1})).await;
    (server, client)
}

#[tokio::test]
pub(crate) async fn raw_payload_is_the_payload_without_the_id() {
    let (_server, mut client) = shelves().await;
    let delivery = json!({"id": 1, "count": 3, "label": {"text": "ab"}});
    assert_eq!(client.ok("shelf", "put", delivery).await, 5);
    assert_eq!(client.ok("shelf", "get", json!({"id": 1})).await["held"], 5);
    assert_eq!(client.ok("shelf", "tally", json!({"count": 7})).await, 7);
    let all = json!({"id": 1, "a": 1, "b\"\\ü": 2});
    assert_eq!(client.ok("shelf", "sum", all.clone()).await, 4);
    assert_eq!(client.ok("shelf", "echo", all.clone()).await, all);
    assert_eq!(client.ok("shelf", "echo", Value::Null).await, json!({}));
}

#[tokio::test]
pub(crate) async fn raw_payload_faults_are_reported_by_path() {
    let (_server, mut client) = shelves().await;
    for (action, payload, path, rule, message) in [
        (
            "tally",
            json!({"count": 300}),
            "count",
            "type",
            "is not an integer from 0 to 255",
        ),
        ("tally", json!({}), "count", "required", "is required"),
        (
            "tally",
            json!({"count": 1, "id": 1}),
            "id",
            "unknown",
            "is unknown",
        ),
        (
            "put",
            json!({"id": 1, "count": 1, "x": 1}),
            "x",
            "unknown",
            "is unknown",
        ),
        (
            "put",
            json!({"id": 1, "count": 1, "label": {}}),
            "label.text",
            "required",
            "is required",
        ),
        (
            "put",
            json!({"id": 1, "count": 1, "label": {"text": 1}}),
            "label.text",
            "type",
            "is not a string",
        ),
        ("put", json!({"count": 1}), "id", "required", "is required"),
        (
            "sum",
            json!({"id": 1, "a": -1}),
            "a",
            "type",
            "is not an integer from 0 to 255",
        ),
        ("read", Value::Null, "text", "required", "is required"),
    ] {
        let error = client.err("shelf", action, payload).await;
        assert_eq!(error["code"], "invalid", "{error}");
        let expected = json!([{"path": path, "rule": rule, "message": message}]);
        assert_eq!(error["fields"], expected, "{action}");
    }
    let order = json!({"id": 1, "kind": "burn"});
    let error = client.err("shelf", "order", order).await;
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.starts_with("the payload is invalid: unknown variant `burn`"),
        "{message}"
    );
    assert_eq!(error["fields"][0]["path"], "", "{error}");
}

fn value() -> impl Strategy<Value = Value> {
    let edges = [
        json!(null),
        json!(0),
        json!(255),
        json!(256),
        json!("put"),
        json!("clear"),
        json!({}),
        json!({"text": "a"}),
        json!({"text": 1}),
    ];
    select(edges.to_vec())
}

fn payload() -> impl Strategy<Value = Map<String, Value>> {
    let names = ["count", "label", "kind", "text", "other"].map(str::to_owned);
    let names = select(names.to_vec());
    let properties = proptest::collection::btree_map(names, value(), 0..4);
    properties.prop_map(|properties| properties.into_iter().collect())
}

#[tokio::test]
pub(crate) async fn raw_payload_schema_matches_the_server() {
    let (_server, mut client) = shelves().await;
    let description = client.ok("sockful", "schema", json!(null)).await;
    let actions = &description["resources"]["shelf"]["actions"];
    assert_eq!(
        actions["tally"]["payload"],
        json!({"$ref": "#/$defs/Delivery"})
    );
    assert_eq!(actions["echo"]["payload"]["type"], "object");
    let mut runner = TestRunner::deterministic();
    let (mut taken, mut refused) = (0, 0);
    for action in ["put", "tally", "order", "sum", "echo", "read"] {
        let mut schema = description.clone();
        schema["$ref"] = json!(format!("#/resources/shelf/actions/{action}/payload"));
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let has_self = ["put", "order", "sum"].contains(&action);
        assert!(!validator.is_valid(&json!(null)) && !validator.is_valid(&json!([])));
        assert!(!has_self || !validator.is_valid(&json!({"count": 1, "kind": "clear"})));
        for _ in 0..1_000 {
            let tree = payload().new_tree(&mut runner);
            let mut given = Value::Object(tree.expect("a payload").current());
            if has_self {
                given["id"] = json!(1);
            }
            let reply = client.reply("shelf", action, given.clone()).await;
            let is_taken = reply["err"]["code"] != "invalid";
            assert_eq!(
                is_taken,
                validator.is_valid(&given),
                "{action} {given}: {reply}"
            );
            taken += usize::from(is_taken);
            refused += usize::from(!is_taken);
        }
    }
    assert!(taken > 500 && refused > 500, "{taken} {refused}");
}

mod odd {
    use super::*;

    #[derive(Serialize, Deserialize, Resource)]
    pub(super) struct Box {
        id: u32,
    }

    #[remote]
    impl Box {
        pub fn fill(#[payload] all: Vec<u8>) -> usize {
            all.len()
        }
    }

    #[derive(Serialize, Deserialize, Resource)]
    pub(super) struct Crate {
        id: u32,
    }

    #[derive(Deserialize, JsonSchema)]
    pub(super) struct Named {
        id: u32,
    }

    #[remote]
    impl Crate {
        pub fn name(&self, #[payload] named: Option<Named>) -> u32 {
            named.map_or(self.id, |named| named.id)
        }
    }
}

#[tokio::test]
pub(crate) async fn unsendable_payload_type_is_rejected_at_start() {
    const BOXES: Resources = resources![odd::Box];
    const CRATES: Resources = resources![odd::Crate];
    for (resources, message) in [
        (
            BOXES,
            "the payload of `box fill` is not an object; use a struct or a map",
        ),
        (
            CRATES,
            "the payload of `crate name` has a property `id`, which addresses the record; rename the property",
        ),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let started = Server::new(resources)
            .serve(listener, std::future::ready(()))
            .await;
        let error = started.expect_err("a start that fails");
        let text = format!("{error} {error:?}");
        assert!(text.contains(message), "{text}");
    }
}
