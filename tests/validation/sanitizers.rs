//! Sanitizers normalize texts before they are stored.

use crate::support::{Client, TestServer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sockful::{Resource, Resources, Result, Server, remote, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Person {
    id: u32,
    #[resource(sanitize(trim, lowercase), length(1..=5))]
    name: String,
    #[resource(default = " A ", sanitize(trim, lowercase))]
    nick: String,
    #[resource(sanitize(uppercase))]
    code: Option<String>,
    #[resource(default, sanitize(trim, self::without_empty))]
    tags: Vec<String>,
    #[resource(default = "", sanitize(Self::mark, uppercase))]
    marked: String,
}

fn without_empty(tags: Vec<String>) -> Vec<String> {
    tags.into_iter().filter(|tag| !tag.is_empty()).collect()
}

#[remote]
impl Person {
    pub fn call(&mut self, name: String) {
        self.name = name;
    }

    pub fn greet(#[resource(sanitize(trim, uppercase))] name: Option<String>) -> Option<String> {
        name
    }

    fn mark(text: String) -> String {
        text + "-x"
    }
}

const PEOPLE: Resources = resources![Person];

async fn people() -> (TestServer, Client) {
    let server = TestServer::serve(Server::new(PEOPLE)).await;
    let client = server.client().await;
    (server, client)
}

#[tokio::test]
async fn sanitizers_run_in_order_before_the_rules() {
    let (_server, mut client) = people().await;
    let given = json!({"id": 1, "name": "   Bobby ", "code": "aß", "tags": [" a", "  ", "B"], "marked": "m"});
    let stored = client.ok("person", "create", given).await;
    let expected = json!({"id": 1, "name": "bobby", "nick": " A ", "code": "ASS", "tags": ["a", "B"], "marked": "M-X"});
    assert_eq!(stored, expected, "a default is taken as it is written");
    let error = client
        .err("person", "update", json!({"id": 1, "name": "   "}))
        .await;
    assert_eq!(error["fields"][0]["rule"], "length", "{error}");
}

#[tokio::test]
async fn stored_values_are_not_sanitized_again() {
    let (_server, mut client) = people().await;
    client
        .ok(
            "person",
            "create",
            json!({"id": 1, "name": "bob", "marked": "a"}),
        )
        .await;
    let stored = client
        .ok("person", "update", json!({"id": 1, "name": " Ann"}))
        .await;
    assert_eq!(
        (&stored["name"], &stored["marked"]),
        (&json!("ann"), &json!("A-X"))
    );
    client
        .ok("person", "call", json!({"id": 1, "name": " Eve"}))
        .await;
    let stored = client.ok("person", "get", json!({"id": 1})).await;
    assert_eq!(
        stored["name"], " Eve",
        "what a method sets is the application's own"
    );
}

#[tokio::test]
async fn arguments_are_sanitized() {
    let (_server, mut client) = people().await;
    let greeted = client.ok("person", "greet", json!({"name": " bob "})).await;
    assert_eq!(greeted, "BOB");
    assert_eq!(client.ok("person", "greet", json!({})).await, json!(null));
}

#[tokio::test]
async fn application_values_are_sanitized() -> Result<()> {
    let people = Server::new(PEOPLE).open().await?.records::<Person>();
    let new = NewPerson {
        id: Some(1),
        name: " Bob".to_owned(),
        ..NewPerson::default()
    };
    let person = people.create(new).await?;
    assert_eq!((person.name.as_str(), person.nick.as_str()), ("bob", " A "));
    Ok(())
}
