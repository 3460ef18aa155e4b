//! Failures of application code at every place where the server calls it.

use super::failing_store::failing_store;
use crate::support::{CapturedLog, Client, TestServer, notes_app};
use schemars::JsonSchema;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use sockful::{Context, Error, Filter, Resource, Resources, Result, Server, remote, resources};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// A text in every cause.
const CAUSE: &str = "db://root:xyzzy@10.0.0.7";

fn failure() -> Error {
    Error::internal(io::Error::other(CAUSE))
}

/// A resource with application code of every kind. The values select the code that fails.
#[derive(Serialize, Deserialize, Resource)]
#[resource(event(failed = Fragile))]
struct Machine {
    id: String,
    #[resource(default, sanitize(self::sanitized), conform = conforms)]
    kind: String,
    #[resource(range(..=5), when = Self::is_limited)]
    limit: Option<i64>,
    #[resource(default)]
    part: Fragile,
}

/// A value that cannot be serialized or deserialized if its text says so.
#[derive(Default, JsonSchema)]
struct Fragile(String);

impl Serialize for Fragile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &*self.0 {
            "serialize" => Err(S::Error::custom(CAUSE)),
            "serialize panics" => panic!("{CAUSE}"),
            text => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Fragile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        assert_ne!(text, "deserialize panics", "{CAUSE}");
        Ok(Self(text))
    }
}

fn sanitized(kind: String) -> String {
    assert_ne!(kind, "sanitize", "{CAUSE}");
    kind
}

fn conforms(kind: &str) -> bool {
    assert_ne!(kind, "conform", "{CAUSE}");
    true
}

#[remote]
impl Machine {
    fn is_limited(&self) -> bool {
        assert_ne!(self.kind, "when", "{CAUSE}");
        true
    }

    #[before(create, update, destroy)]
    fn before(&self) -> Result<()> {
        match &*self.kind {
            "before" => Err(failure()),
            "before panics" => panic!("{CAUSE}"),
            _ => Ok(()),
        }
    }

    #[after(create)]
    fn after(&self) -> Result<()> {
        match &*self.kind {
            "after" => Err(failure()),
            "after panics" => panic!("{CAUSE}"),
            _ => Ok(()),
        }
    }

    pub fn fail() -> Result<(), io::Error> {
        Err(io::Error::other(CAUSE))
    }

    pub fn panic() -> Result<()> {
        panic!("{CAUSE}")
    }

    pub async fn panic_later() {
        tokio::task::yield_now().await;
        panic!("{}", CAUSE.to_owned())
    }

    #[expect(clippy::unused_self, reason = "it fails before it reads the record")]
    pub fn fail_on(&mut self) -> Result<()> {
        Err(failure())
    }

    #[expect(clippy::unused_self, reason = "it fails before it reads the record")]
    pub fn panic_on(&self) {
        panic!("{CAUSE}")
    }

    pub fn result() -> Fragile {
        Fragile("serialize".to_owned())
    }

    pub fn result_panics() -> Fragile {
        Fragile("serialize panics".to_owned())
    }

    pub fn spoil(&mut self) {
        self.part = Fragile("serialize".to_owned());
    }

    pub fn emit_unserializable(&self, context: &Context) -> Result<()> {
        context.emit(&self.id, Fragile("serialize".to_owned()))
    }

    pub async fn fail_within(context: &Context) -> Result<usize> {
        let machines = context.records::<Self>();
        machines
            .create(NewMachine {
                id: Some("within".to_owned()),
                kind: Some("before".to_owned()),
                ..NewMachine::default()
            })
            .await?;
        machines.count(Filter::all()).await
    }
}

const MACHINES: Resources = resources![Machine];

/// Sends a request that fails, and checks its error with [`assert_cause_is_logged`].
async fn assert_fails(client: &mut Client, log: &CapturedLog, action: &str, payload: Value) {
    let error = client.err("machine", action, payload.clone()).await;
    assert_cause_is_logged(&error, log, &format!("{action} {payload}"));
}

/// Asserts that the error has no cause but an id, and that the log has the cause with this id.
fn assert_cause_is_logged(error: &Value, log: &CapturedLog, what: &str) {
    assert_eq!(error["code"], "internal", "{what}: {error}");
    assert!(!error.to_string().contains("xyzzy"), "{what}: {error}");
    let message = error["message"].as_str().expect("a message");
    let id = message
        .split("(error ")
        .nth(1)
        .and_then(|id| id.strip_suffix(')'));
    let line = log.line(id.unwrap_or_else(|| panic!("{what}: no id in {message}")));
    assert!(line.contains(CAUSE), "{what}: {line}");
}

#[tokio::test]
async fn internal_error_id_leads_to_the_cause_in_the_log() {
    let log = CapturedLog::start();
    let server = TestServer::serve(Server::new(MACHINES)).await;
    let mut client = server.client().await;
    client.ok("machine", "create", json!({"id": "a"})).await;
    for (action, payload) in [
        ("fail", json!({})),
        ("panic", json!({})),
        ("panicLater", json!({})),
        ("failOn", json!({"id": "a"})),
        ("panicOn", json!({"id": "a"})),
        ("result", json!({})),
        ("resultPanics", json!({})),
        ("spoil", json!({"id": "a"})),
        ("emitUnserializable", json!({"id": "a"})),
        ("failWithin", json!({})),
        ("create", json!({"kind": "before"})),
        ("create", json!({"kind": "before panics"})),
        ("create", json!({"kind": "sanitize"})),
        ("create", json!({"kind": "conform"})),
        ("create", json!({"kind": "when", "limit": 1})),
        ("create", json!({"part": "serialize"})),
        ("create", json!({"part": "serialize panics"})),
        ("create", json!({"part": "deserialize panics"})),
        ("update", json!({"id": "a", "kind": "before"})),
        ("update", json!({"id": "a", "kind": "conform"})),
        ("save", json!({"id": "b", "kind": "sanitize"})),
    ] {
        assert_fails(&mut client, &log, action, payload).await;
    }
    // None of the requests was committed.
    assert_eq!(client.head().await, 1);
}

#[tokio::test]
async fn failed_after_hook_is_only_logged() {
    let log = CapturedLog::start();
    let server = TestServer::serve(Server::new(MACHINES)).await;
    let mut client = server.client().await;
    for kind in ["after", "after panics"] {
        let created = client.ok("machine", "create", json!({"kind": kind})).await;
        assert!(!created.to_string().contains("xyzzy"), "{created}");
        client.assert_alive().await;
    }
    let text = log.text();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("after-hook failed") && line.contains(CAUSE))
        .collect();
    assert_eq!(lines.len(), 2, "{text}");
}

#[tokio::test]
async fn store_error_is_logged_and_client_gets_an_id() {
    let log = CapturedLog::start();
    let cause = Arc::new(Mutex::new(None));
    let server = Server::new(MACHINES).store(failing_store(cause.clone()));
    let server = TestServer::serve(server).await;
    let mut client = server.client().await;
    client.ok("machine", "create", json!({"id": "a"})).await;
    *cause.lock().unwrap_or_else(PoisonError::into_inner) = Some(CAUSE);
    for (action, payload) in [
        ("get", json!({"id": "a"})),
        ("get", json!({"id": ["a", "b"]})),
        ("all", json!({})),
        ("count", json!({})),
        ("create", json!({"id": "b"})),
        ("update", json!({"id": "a", "kind": "x"})),
        ("save", json!({"id": "a"})),
        ("destroy", json!({"id": "a"})),
        ("failOn", json!({"id": "a"})),
        ("subscribe", json!({})),
    ] {
        assert_fails(&mut client, &log, action, payload).await;
    }
    let writes = json!([["machine", "create", {"id": "c"}]]);
    let error = client.err("sockful", "commit", writes).await;
    assert_cause_is_logged(&error, &log, "commit");
}

#[tokio::test]
async fn authentication_and_policy_failures_return_an_id() {
    let log = CapturedLog::start();
    let server = notes_app::start().await;
    let mut client = server.client_as("bob").await;
    for (token, cause) in [
        ("broken", "the user database failed"),
        ("panic", "an authenticator that panics"),
    ] {
        let error = client
            .err("sockful", "authenticate", json!({"token": token}))
            .await;
        let id = error["message"]
            .as_str()
            .and_then(|it| it.split("(error ").nth(1));
        let line = log.line(id.expect("an id").trim_end_matches(')'));
        assert!(line.contains(cause), "{line}");
        assert!(!error.to_string().contains(cause), "{error}");
    }
    let crash = json!({"id": "x", "owner": "bob", "text": "crash"});
    let error = client.err("note", "create", crash).await;
    let id = error["message"]
        .as_str()
        .and_then(|it| it.split("(error ").nth(1));
    let line = log.line(id.expect("an id").trim_end_matches(')'));
    assert!(line.contains("a policy that panics"), "{line}");
    assert!(!error.to_string().contains("policy"), "{error}");
}
