//! Validation rules of properties and parameters.

mod all_write_paths;
mod startup_and_schema;

use crate::support::{Client, TestServer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, Server, remote, resources};
use std::collections::BTreeMap;

const MOST_TAGS: usize = 3;

/// A book in a library, with a rule of each kind.
#[derive(Serialize, Deserialize, Resource)]
struct Book {
    #[resource(length(2..=8))]
    id: String,
    #[resource(default = 10, range(0..=20))]
    copies: i32,
    #[resource(default = 1.0, range(-0.5..2.5))]
    weight: f64,
    #[resource(length(1..=5))]
    title: String,
    #[resource(default, length(..MOST_TAGS))]
    tags: Vec<String>,
    #[resource(default, length(..=2))]
    notes: BTreeMap<String, u8>,
    #[resource(pattern = "^[A-Z]+$", length(2..4))]
    code: Option<String>,
    #[resource(format("email", message = "is not a valid address"))]
    author: Option<String>,
    #[resource(default = 2, conform = is_even)]
    pages: u32,
    #[resource(default = "a", conform = Self::is_lower, message = "shouts")]
    mood: String,
    #[resource(range(1..), when = Self::is_lent)]
    days: Option<i32>,
    #[resource(default)]
    lent: bool,
    #[resource(private, default = 0, range(..=3))]
    thefts: u8,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "a value is shown by reference"
)]
fn is_even(pages: &u32) -> Result<(), String> {
    if pages.is_multiple_of(2) {
        Ok(())
    } else {
        Err(format!("is odd: {pages}"))
    }
}

#[remote]
impl Book {
    pub fn add(&mut self, copies: i32) {
        self.copies += copies;
    }

    pub fn steal(&mut self) {
        self.thefts += 4;
    }

    pub fn lend(
        &mut self,
        #[resource(default = 1, range(1..=5))] days: i32,
        #[resource(length(1..), sanitize(trim))] to: String,
    ) -> String {
        self.days = Some(days);
        to
    }

    fn is_lent(&self) -> bool {
        self.lent
    }

    fn is_lower(mood: &str) -> bool {
        mood.chars().all(char::is_lowercase)
    }
}

const LIBRARY: Resources = resources![Book];

/// A server with one valid book.
async fn library() -> (TestServer, Client) {
    let server = TestServer::serve(Server::new(LIBRARY)).await;
    let mut client = server.client().await;
    client
        .ok("book", "create", json!({"id": "emma", "title": "Emma"}))
        .await;
    (server, client)
}

/// Returns the path, the rule and the message of each fault.
async fn faults(client: &mut Client, action: &str, payload: Value) -> Vec<[String; 3]> {
    let error = client.err("book", action, payload).await;
    assert_eq!(error["code"], "invalid", "{error}");
    let text = |fault: &Value, key: &str| fault[key].as_str().expect("a text").to_owned();
    let faults = error["fields"].as_array().expect("faults");
    let summary = |fault| ["path", "rule", "message"].map(|key| text(fault, key));
    faults.iter().map(summary).collect()
}

async fn is_accepted(client: &mut Client, change: &Value) -> bool {
    let mut payload = change.clone();
    payload["id"] = json!("emma");
    let reply = client.reply("book", "update", payload).await;
    reply.get("ok").is_some()
}

#[tokio::test]
pub(crate) async fn rule_bounds_are_enforced_exactly() {
    let (_server, mut client) = library().await;
    let taken = [
        json!({"copies": 0}),
        json!({"copies": 20}),
        json!({"weight": -0.5}),
        json!({"weight": 2.499}),
        json!({"title": "é"}),
        json!({"title": "🐉🐉🐉🐉🐉"}),
        json!({"tags": ["", ""]}),
        json!({"notes": {"a": 1, "b": 2}}),
        json!({"code": "AB"}),
        json!({"code": "ABC"}),
        json!({"code": null}),
        json!({"author": "jane@example.org"}),
        json!({"pages": 4}),
    ];
    for change in &taken {
        assert!(is_accepted(&mut client, change).await, "{change}");
    }
    let refused = [
        (json!({"copies": -1}), "range", "is not from 0 to 20"),
        (json!({"copies": 21}), "range", "is not from 0 to 20"),
        (
            json!({"weight": -0.501}),
            "range",
            "is not at least -0.5 and less than 2.5",
        ),
        (
            json!({"weight": 2.5}),
            "range",
            "is not at least -0.5 and less than 2.5",
        ),
        (
            json!({"title": ""}),
            "length",
            "does not have 1 to 5 characters",
        ),
        (
            json!({"title": "🐉🐉🐉🐉🐉🐉"}),
            "length",
            "does not have 1 to 5 characters",
        ),
        (
            json!({"tags": ["", "", ""]}),
            "length",
            "has more than 2 items",
        ),
        (
            json!({"notes": {"a": 1, "b": 2, "c": 3}}),
            "length",
            "has more than 2 entries",
        ),
        (
            json!({"code": "A"}),
            "length",
            "does not have 2 to 3 characters",
        ),
        (
            json!({"code": "ABCD"}),
            "length",
            "does not have 2 to 3 characters",
        ),
        (
            json!({"code": "Ab"}),
            "pattern",
            "does not match `^[A-Z]+$`",
        ),
        (
            json!({"author": "jane"}),
            "format",
            "is not a valid address",
        ),
        (json!({"pages": 3}), "conform", "is odd: 3"),
        (json!({"mood": "A"}), "conform", "shouts"),
    ];
    for (mut change, rule, message) in refused {
        let path = change.as_object().and_then(|it| it.keys().next().cloned());
        change["id"] = json!("emma");
        let reported = faults(&mut client, "update", change).await;
        assert_eq!(reported, [[&*path.expect("a property"), rule, message]]);
    }
}

#[tokio::test]
pub(crate) async fn rule_faults_follow_the_property_order() {
    let (_server, mut client) = library().await;
    let payload =
        json!({"mood": "A", "code": "a", "copies": 21, "title": "", "id": "x", "pages": 3});
    let expected = [
        ("id", "length"),
        ("copies", "range"),
        ("title", "length"),
        ("code", "pattern"),
        ("code", "length"),
        ("pages", "conform"),
        ("mood", "conform"),
    ];
    for action in ["create", "save"] {
        let reported = faults(&mut client, action, payload.clone()).await;
        let reported: Vec<_> = reported
            .iter()
            .map(|[path, rule, _]| (&**path, &**rule))
            .collect();
        assert_eq!(reported, expected, "{action}");
    }
}

#[tokio::test]
pub(crate) async fn rule_faults_join_type_and_unknown_faults() {
    let (_server, mut client) = library().await;
    let payload = json!({"id": "emma", "lent": 7, "copies": 21, "colour": "red", "mood": "A"});
    let reported = faults(&mut client, "update", payload).await;
    let expected = [
        ["copies", "range", "is not from 0 to 20"],
        ["mood", "conform", "shouts"],
        ["lent", "type", "is not true or false"],
        ["colour", "unknown", "is unknown"],
    ];
    assert_eq!(reported, expected);
}

#[tokio::test]
pub(crate) async fn conditional_rule_applies_to_the_resulting_record() {
    let (_server, mut client) = library().await;
    assert!(is_accepted(&mut client, &json!({"days": 0})).await);
    // The rule applies to the changed record, not to the stored one.
    let reported = faults(&mut client, "update", json!({"id": "emma", "lent": true})).await;
    assert_eq!(reported, [["days", "range", "is less than 1"]]);
    assert!(is_accepted(&mut client, &json!({"lent": true, "days": 1})).await);
    assert!(is_accepted(&mut client, &json!({"lent": false, "days": 0})).await);
}
