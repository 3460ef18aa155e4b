//! Private and write-only values appear in no reply and no log line.

use super::failing_store::failing_store;
use crate::support::{CapturedLog, Client, TestServer};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, Result, Server, remote, resources};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A text in all secret values.
const SECRET: &str = "xyzzy";

#[derive(Serialize, Deserialize, Resource)]
struct Vault {
    id: String,
    #[resource(default, length(..=8))]
    label: String,
    #[resource(write_only, default, length(..=40))]
    password: String,
    #[resource(write_only)]
    pin: Option<Pin>,
    #[resource(write_only, default)]
    codes: BTreeMap<String, u8>,
    #[resource(write_only, unique)]
    card: Option<String>,
    #[resource(write_only, wide)]
    number: Option<u64>,
    #[resource(private, default = Pin(String::new()))]
    seal: Pin,
    #[resource(private, unique)]
    key: Option<String>,
    #[resource(private, default = "xyzzy", length(..=5))]
    hint: String,
}

/// A type whose deserialization error contains the value, like that of many types.
#[derive(Clone, Serialize, JsonSchema)]
struct Pin(String);

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.starts_with("bad") {
            return Err(D::Error::custom(format!("invalid pin: `{text}`")));
        }
        Ok(Self(text))
    }
}

#[remote]
impl Vault {
    /// Stores a value that cannot be deserialized.
    pub fn ruin(&mut self) {
        self.seal = Pin(format!("bad {SECRET}"));
    }

    pub fn lock(&mut self, with: String) {
        self.key = Some(format!("{with} {SECRET}"));
    }

    pub fn blur(&mut self) {
        self.hint = format!("no {SECRET}");
    }

    pub fn look(&self) -> usize {
        self.seal.0.len()
    }

    #[before(destroy)]
    #[expect(clippy::unused_self, reason = "the hook rejects every record")]
    fn reject_destroy(&self) -> Result<()> {
        Err(sockful::Error::refused("permanent", "cannot be destroyed"))
    }
}

const VAULTS: Resources = resources![Vault];

/// A client that records all replies.
struct RecordedClient {
    client: Client,
    replies: Vec<Value>,
}

impl RecordedClient {
    /// Sends a request with an ack id, whose reply is recorded, and without one, whose error is logged.
    async fn ask(&mut self, resource: &str, action: &str, payload: Value) {
        let reply = self.client.reply(resource, action, payload.clone()).await;
        self.replies.push(reply);
        self.client.send(json!([resource, action, payload])).await;
        self.client.assert_alive().await;
    }

    async fn ask_text(&mut self, text: &str) {
        let reply = self.client.ask_text(text).await;
        self.replies.push(reply[2].clone());
    }
}

/// Payloads that violate a rule, have the wrong type, or have an error that quotes the value.
fn invalid_payloads() -> Vec<Value> {
    vec![
        json!({"password": SECRET.repeat(20)}),
        json!({"password": {SECRET: SECRET}}),
        json!({"password": [SECRET]}),
        json!({"password": 7}),
        json!({"password": format!("{SECRET}\u{0}")}),
        json!({"pin": format!("bad {SECRET}")}),
        json!({"pin": {SECRET: SECRET}}),
        json!({"codes": {SECRET: -1}}),
        json!({"codes": {SECRET: SECRET}}),
        json!({"codes": SECRET}),
        json!({"card": [SECRET]}),
        json!({"number": SECRET}),
        json!({"number": 99_999_999_999_999_999_u64}),
        json!({"seal": SECRET}),
        json!({"hint": SECRET}),
        json!({"label": "too long for a label", "password": SECRET, "pin": SECRET}),
    ]
}

#[tokio::test]
async fn secrets_appear_in_no_reply_and_no_log_line() {
    let log = CapturedLog::start();
    let cause = Arc::new(Mutex::new(None));
    let server = Server::new(VAULTS).store(failing_store(cause.clone()));
    let server = TestServer::serve(server).await;
    let mut client = RecordedClient {
        client: server.client().await,
        replies: Vec::new(),
    };
    let mut watcher = server.client().await;
    let initial = watcher.ask(json!(["vault", "subscribe", null, 7])).await;
    client.replies.push(initial);

    // Valid requests.
    let valid = json!({
        "id": "a", "password": SECRET, "pin": SECRET, "codes": {SECRET: 1}, "card": SECRET, "number": "7",
    });
    client.ask("vault", "create", valid.clone()).await;
    client.ask("vault", "save", valid.clone()).await;
    client
        .ask("vault", "update", json!({"id": "a", "password": "xyzzy2"}))
        .await;
    client
        .ask("vault", "lock", json!({"id": "a", "with": "x"}))
        .await;
    for id in ["b", "c"] {
        client.ask("vault", "create", json!({"id": id})).await;
    }
    client.replies.push(watcher.recv().await);

    for invalid in invalid_payloads() {
        for (action, id) in [("create", "n"), ("update", "a"), ("save", "a")] {
            let mut payload = invalid.clone();
            payload["id"] = json!(id);
            client.ask("vault", action, payload.clone()).await;
            let writes = json!([["vault", action, payload]]);
            client.ask("sockful", "commit", writes).await;
        }
        for action in ["find", "count", "subscribe"] {
            client
                .ask_text(&json!(["vault", action, invalid, 1]).to_string())
                .await;
        }
    }
    // Duplicate properties, and messages that end within a value.
    client
        .ask_text(r#"["vault","create",{"password":"xyzzy","password":"xyzzy"},1]"#)
        .await;
    client
        .ask_text(r#"["vault","create",{"password":"xyzzy},1]"#)
        .await;
    client
        .ask_text(r#"["vault","create",{"password":xyzzy},1]"#)
        .await;

    // Values of another record, and values that a method sets.
    client
        .ask("vault", "update", json!({"id": "b", "card": SECRET}))
        .await;
    client.ask("vault", "create", json!({"card": SECRET})).await;
    client
        .ask("vault", "lock", json!({"id": "b", "with": "x"}))
        .await;
    client.ask("vault", "blur", json!({"id": "b"})).await;
    client.ask("vault", "destroy", json!({"id": "a"})).await;

    // A stored record that cannot be deserialized.
    client.ask("vault", "ruin", json!({"id": "c"})).await;
    for (action, payload) in [
        ("get", json!({"id": "c"})),
        ("look", json!({"id": "c"})),
        ("update", json!({"id": "c", "label": "x"})),
        ("save", json!({"id": "c", "label": "x"})),
        ("destroy", json!({"id": "c"})),
        ("all", json!({})),
    ] {
        client.ask("vault", action, payload).await;
    }

    // A store that fails while it writes these values.
    *cause.lock().unwrap_or_else(PoisonError::into_inner) = Some("the disk is full");
    for action in ["create", "save", "update"] {
        client.ask("vault", action, valid.clone()).await;
    }

    for reply in &client.replies {
        assert!(!reply.to_string().contains(SECRET), "{reply}");
    }
    let text = log.text();
    for line in text.lines() {
        assert!(!line.contains(SECRET), "{line}");
    }
    // The log has the expected errors.
    for message in [
        "request failed",
        "request without ack_id failed",
        "the disk is full",
    ] {
        log.line(message);
    }
}

#[tokio::test]
async fn debug_output_of_a_record_hides_secrets() {
    let server = Server::new(VAULTS)
        .open()
        .await
        .expect("a memory store opens");
    let new = || NewVault {
        id: Some("a".to_owned()),
        password: Some(SECRET.to_owned()),
        ..NewVault::default()
    };
    let patch = VaultPatch {
        hint: Some(SECRET.to_owned()),
        ..VaultPatch::default()
    };
    server
        .records::<Vault>()
        .create(new())
        .await
        .expect("the record is created");
    let store = server.store();
    let record = store
        .get(0, "a")
        .await
        .expect("a memory store does not fail")
        .value;
    let log = store.log(0, 10).await.expect("a memory store has a log");
    for shown in [
        format!("{record:?}"),
        format!("{record:#?}"),
        format!("{log:?}"),
        format!("{:?}", new()),
        format!("{patch:?}"),
    ] {
        assert!(shown.len() > 10, "{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[tokio::test]
async fn write_only_value_is_validated_but_never_echoed() {
    let server = TestServer::serve(Server::new(VAULTS)).await;
    let mut client = server.client().await;
    for (payload, rule, message) in [
        (
            json!({"password": SECRET.repeat(20)}),
            "length",
            "has more than 40 characters",
        ),
        (json!({"password": 7}), "type", "is not a string"),
        (
            json!({"pin": format!("bad {SECRET}")}),
            "type",
            "is of the wrong type",
        ),
        (
            json!({"codes": {SECRET: SECRET}}),
            "type",
            "is of the wrong type",
        ),
    ] {
        let error = client.err("vault", "create", payload.clone()).await;
        assert_eq!(error["code"], "invalid", "{payload}: {error}");
        let fault = &error["fields"][0];
        assert_eq!(
            (&fault["rule"], &fault["message"]),
            (&json!(rule), &json!(message)),
            "{error}"
        );
        let name = payload.as_object().and_then(|it| it.keys().next().cloned());
        assert_eq!(fault["path"].as_str(), name.as_deref(), "{error}");
    }
    let several = json!({"password": SECRET.repeat(20), "label": 7});
    let error = client.err("vault", "create", several).await;
    assert_eq!(error["fields"].as_array().map(Vec::len), Some(2), "{error}");
}

#[tokio::test]
async fn unreadable_stored_record_is_an_internal_error() {
    let log = CapturedLog::start();
    let server = TestServer::serve(Server::new(VAULTS)).await;
    let mut client = server.client().await;
    client.ok("vault", "create", json!({"id": "a"})).await;
    client.ok("vault", "ruin", json!({"id": "a"})).await;
    for action in ["look", "update", "save", "lock"] {
        let payload = match action {
            "lock" => json!({"id": "a", "with": "x"}),
            "look" => json!({"id": "a"}),
            _ => json!({"id": "a", "label": "x"}),
        };
        let error = client.err("vault", action, payload).await;
        assert_eq!(error["code"], "internal", "{action}: {error}");
        assert!(!error.to_string().contains("seal"), "{action}: {error}");
    }
    log.line("`seal` is of the wrong type");
}
