//! Rules checked at startup and published in the schema.

use super::library;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sockful::{Error, Resource, Server, remote, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Broken {
    id: u32,
    #[resource(default = 20 + 1, range(0..=20))]
    life: i32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Called {
    id: u32,
}

#[remote]
impl Called {
    pub fn call(#[resource(default = String::new(), length(1..))] name: String) -> String {
        name
    }
}

#[tokio::test]
async fn default_violating_its_rules_fails_at_start() {
    let debug = |error: Error| format!("{error:?}");
    let open = |resources| async move { Server::new(resources).open().await.err().map(debug) };
    let broken = open(resources![Broken]).await.expect("a refusal");
    assert!(
        broken.contains("the default of `life` of `broken` is not from 0 to 20"),
        "{broken}"
    );
    let called = open(resources![Called]).await.expect("a refusal");
    assert!(
        called.contains("the default of `name` of `called call` is empty"),
        "{called}"
    );
}

#[tokio::test]
async fn schema_has_the_rules_everywhere() {
    let (_server, mut client) = library().await;
    let schema = client.ok("sockful", "schema", json!(null)).await;
    let book = &schema["resources"]["book"];
    let actions = &book["actions"];
    let bodies = [
        &book["record"],
        &actions["create"]["payload"],
        &actions["update"]["payload"],
    ];
    let expected = json!({
        "copies": {"minimum": 0, "maximum": 20},
        "weight": {"minimum": -0.5, "exclusiveMaximum": 2.5},
        "title": {"minLength": 1, "maxLength": 5},
        "tags": {"maxItems": 2},
        "notes": {"maxProperties": 2},
        "code": {"pattern": "^[A-Z]+$", "minLength": 2, "maxLength": 3},
        "author": {"format": "email"},
    });
    for body in bodies {
        for (name, keywords) in expected.as_object().expect("an object") {
            for (key, value) in keywords.as_object().expect("an object") {
                assert_eq!(&body["properties"][name][key], value, "{name} {key}");
            }
        }
        assert_ne!(
            body["properties"]["days"]["minimum"], 1,
            "a rule that holds for some only"
        );
    }
    let arguments = &actions["lend"]["payload"]["properties"];
    assert_eq!(
        (
            &arguments["days"]["minimum"],
            &arguments["days"]["maximum"],
            &arguments["days"]["default"]
        ),
        (&json!(1), &json!(5), &json!(1))
    );
    assert_eq!(arguments["to"]["minLength"], 1);
}
