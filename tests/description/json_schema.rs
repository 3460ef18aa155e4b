//! The JSON Schema of a payload accepts what the server accepts.

use crate::support::{Client, TestServer};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sockful::{Resource, Resources, Server, remote, resources};
use std::collections::BTreeMap;

/// A resource with a property of each kind and each rule that JSON Schema can express.
#[derive(Serialize, Deserialize, Resource)]
struct Specimen {
    id: u32,
    #[resource(range(-3..=20))]
    whole: i32,
    #[resource(default = 1.0, range(-0.5..2.5))]
    part: f64,
    #[resource(default)]
    large: i64,
    #[resource(default, wide)]
    wide: u64,
    #[resource(default = "ab", length(2..=4))]
    text: String,
    #[resource(pattern = "^[a-z]+$", length(..4))]
    code: Option<String>,
    #[resource(default, length(1..=2))]
    tags: Option<Vec<String>>,
    #[resource(default, length(..2))]
    notes: BTreeMap<String, u8>,
    mood: Option<Mood>,
    place: Option<Place>,
    #[resource(default)]
    tame: bool,
    #[resource(format = "email")]
    email: Option<String>,
    #[resource(format = "ipv4")]
    host: Option<String>,
    #[resource(format = "date")]
    day: Option<String>,
    #[resource(format = "uuid")]
    key: Option<String>,
    #[resource(default, read_only)]
    seen: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mood {
    Calm,
    Wild,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    zip: String,
    floor: Option<u8>,
}

#[remote]
impl Specimen {
    pub fn measure(
        #[resource(range(1..=5))] whole: u8,
        #[resource(default = "ab", length(2..=4))] text: String,
        tags: Option<Vec<String>>,
    ) -> usize {
        usize::from(whole) + text.len() + tags.map_or(0, |tags| tags.len())
    }
}

const MUSEUM: Resources = resources![Specimen];

/// Values for every property: at the limits of its rules, and of wrong types.
fn value() -> impl Strategy<Value = Value> {
    let edges = [
        json!(null),
        json!(true),
        json!(-4),
        json!(-3),
        json!(0),
        json!(1),
        json!(5),
        json!(6),
        json!(20),
        json!(21),
        json!(255),
        json!(256),
        json!(-0.5),
        json!(-0.51),
        json!(2.4),
        json!(2.5),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_992_i64),
        json!(""),
        json!("a"),
        json!("ab"),
        json!("äöü🐉"),
        json!("abcde"),
        json!("AB"),
        json!("7"),
        json!("07"),
        json!("18446744073709551615"),
        json!("calm"),
        json!("bob@example.com"),
        json!("bob@"),
        json!("127.0.0.1"),
        json!("127.0.0.256"),
        json!("2024-02-29"),
        json!("2023-02-29"),
        json!("0192d5a4-8b2e-7c3d-9e4f-5a6b7c8d9e0f"),
        json!("0192d5a4"),
        json!([]),
        json!(["a"]),
        json!(["a", "b"]),
        json!(["a", "b", "c"]),
        json!(["a", 1]),
        json!({}),
        json!({"a": 1}),
        json!({"a": 256}),
        json!({"a": 1, "b": 2}),
        json!({"zip": "1", "floor": null}),
        json!({"zip": "1", "floor": 300}),
        json!({"zip": "1", "roof": 1}),
        json!({"floor": 1}),
    ];
    select(edges.to_vec())
}

/// Some properties, each with a value of its own kind or of another.
fn payload(names: Vec<String>) -> impl Strategy<Value = Map<String, Value>> {
    let mut names = names;
    names.push("unknown".to_owned());
    proptest::collection::btree_map(select(names), value(), 0..4)
        .prop_map(|properties| properties.into_iter().collect())
}

async fn museum() -> (TestServer, Client, Value) {
    let server = TestServer::serve(Server::new(MUSEUM)).await;
    let mut client = server.client().await;
    client
        .ok("specimen", "create", json!({"id": 1, "whole": 1}))
        .await;
    let description = client.ok("sockful", "schema", json!(null)).await;
    (server, client, description)
}

/// The validator for the payload of an action.
fn validator(description: &Value, action: &str) -> Validator {
    let mut schema = description.clone();
    schema["$ref"] = json!(format!("#/resources/specimen/actions/{action}/payload"));
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("a valid schema")
}

#[tokio::test]
async fn server_accepts_exactly_what_its_schema_accepts() {
    let (_server, mut client, description) = museum().await;
    let mut runner = TestRunner::deterministic();
    let (mut taken, mut refused) = (0, 0);
    for (action, base) in [
        ("create", json!({"id": 1, "whole": 1})),
        ("save", json!({"id": 1, "whole": 1})),
        ("update", json!({"id": 1})),
        ("measure", json!({"whole": 1})),
    ] {
        let validator = validator(&description, action);
        let path = format!("/resources/specimen/actions/{action}/payload");
        let mut body = description.pointer(&path).expect("a payload");
        if let Some(reference) = body["$ref"].as_str() {
            body = description.pointer(&reference[1..]).expect("a payload");
        }
        let names: Vec<String> = body["properties"]
            .as_object()
            .expect("properties")
            .keys()
            .cloned()
            .collect();
        for _ in 0..3_000 {
            let tree = payload(names.clone()).new_tree(&mut runner);
            let mut given = base.clone();
            for (name, value) in tree.expect("a payload").current() {
                // The record has to exist.
                let is_elsewhere = name == "id" && action == "update";
                // serde accepts an array for a struct, as the documentation says.
                let is_odd = name == "place" && value.is_array();
                if !is_elsewhere && !is_odd {
                    given[name] = value;
                }
            }
            let reply = client.reply("specimen", action, given.clone()).await;
            let is_taken = reply["err"]["code"] != "invalid";
            assert_eq!(
                is_taken,
                validator.is_valid(&given),
                "{action} {given}: {reply}, {:?}",
                validator
                    .iter_errors(&given)
                    .map(|error| error.to_string())
                    .collect::<Vec<_>>()
            );
            taken += usize::from(is_taken);
            refused += usize::from(!is_taken);
        }
    }
    assert!(taken > 1_000 && refused > 1_000, "{taken} {refused}");
}

#[tokio::test]
async fn sent_records_match_their_schema() {
    let (_server, mut client, description) = museum().await;
    let mut schema = description.clone();
    schema["$ref"] = json!("#/resources/specimen/record");
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("a valid schema");
    for change in [
        json!({}),
        json!({"wide": "18446744073709551615", "tags": ["a"], "notes": {"a": 1}}),
        json!({"mood": "wild", "place": {"zip": "1"}, "email": "bob@example.com"}),
    ] {
        let mut payload = change;
        payload["id"] = json!(1);
        let record = client.ok("specimen", "update", payload).await;
        assert!(validator.is_valid(&record), "{record}");
    }
}
