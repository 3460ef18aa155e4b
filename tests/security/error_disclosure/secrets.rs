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

/// What nobody may read anywhere.
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

/// A text that says in its error what it is, as many types do.
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
    /// Stores what can't be read again.
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
    #[expect(clippy::unused_self, reason = "it refuses every record")]
    fn stays(&self) -> Result<()> {
        Err(sockful::Error::refused("stays", "is not to be removed"))
    }
}

const VAULTS: Resources = resources![Vault];

struct Asked {
    client: Client,
    heard: Vec<Value>,
}

impl Asked {
    /// Sends a request twice: once for its reply, and once for what the log says where none is wanted.
    async fn ask(&mut self, resource: &str, action: &str, payload: Value) {
        let reply = self.client.reply(resource, action, payload.clone()).await;
        self.heard.push(reply);
        self.client.send(json!([resource, action, payload])).await;
        self.client.assert_alive().await;
    }

    async fn ask_text(&mut self, text: &str) {
        let reply = self.client.ask_text(text).await;
        self.heard.push(reply[2].clone());
    }
}

/// Payloads that break a rule, are of another type, or quote themselves in an error.
fn wrong() -> Vec<Value> {
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
    let why = Arc::new(Mutex::new(None));
    let server = Server::new(VAULTS).store(failing_store(why.clone()));
    let server = TestServer::serve(server).await;
    let mut asked = Asked {
        client: server.client().await,
        heard: Vec::new(),
    };
    let mut watcher = server.client().await;
    let begun = watcher.ask(json!(["vault", "subscribe", null, 7])).await;
    asked.heard.push(begun);

    // What is as it should be.
    let whole = json!({
        "id": "a", "password": SECRET, "pin": SECRET, "codes": {SECRET: 1}, "card": SECRET, "number": "7",
    });
    asked.ask("vault", "create", whole.clone()).await;
    asked.ask("vault", "save", whole.clone()).await;
    asked
        .ask("vault", "update", json!({"id": "a", "password": "xyzzy2"}))
        .await;
    asked
        .ask("vault", "lock", json!({"id": "a", "with": "x"}))
        .await;
    for id in ["b", "c"] {
        asked.ask("vault", "create", json!({"id": id})).await;
    }
    asked.heard.push(watcher.recv().await);

    for wrong in wrong() {
        for (action, id) in [("create", "n"), ("update", "a"), ("save", "a")] {
            let mut payload = wrong.clone();
            payload["id"] = json!(id);
            asked.ask("vault", action, payload.clone()).await;
            let writes = json!([["vault", action, payload]]);
            asked.ask("sockful", "commit", writes).await;
        }
        for action in ["find", "count", "subscribe"] {
            asked
                .ask_text(&json!(["vault", action, wrong, 1]).to_string())
                .await;
        }
    }
    // Properties given twice, and text that breaks off in the middle of a value.
    asked
        .ask_text(r#"["vault","create",{"password":"xyzzy","password":"xyzzy"},1]"#)
        .await;
    asked
        .ask_text(r#"["vault","create",{"password":"xyzzy},1]"#)
        .await;
    asked
        .ask_text(r#"["vault","create",{"password":xyzzy},1]"#)
        .await;

    // Values that are another's, or that a method makes.
    asked
        .ask("vault", "update", json!({"id": "b", "card": SECRET}))
        .await;
    asked.ask("vault", "create", json!({"card": SECRET})).await;
    asked
        .ask("vault", "lock", json!({"id": "b", "with": "x"}))
        .await;
    asked.ask("vault", "blur", json!({"id": "b"})).await;
    asked.ask("vault", "destroy", json!({"id": "a"})).await;

    // A stored record that can't be read any more.
    asked.ask("vault", "ruin", json!({"id": "c"})).await;
    for (action, payload) in [
        ("get", json!({"id": "c"})),
        ("look", json!({"id": "c"})),
        ("update", json!({"id": "c", "label": "x"})),
        ("save", json!({"id": "c", "label": "x"})),
        ("destroy", json!({"id": "c"})),
        ("all", json!({})),
    ] {
        asked.ask("vault", action, payload).await;
    }

    // A store that fails with all of that in its hands.
    *why.lock().unwrap_or_else(PoisonError::into_inner) = Some("the disk is full");
    for action in ["create", "save", "update"] {
        asked.ask("vault", action, whole.clone()).await;
    }

    for heard in &asked.heard {
        assert!(!heard.to_string().contains(SECRET), "{heard}");
    }
    let text = log.text();
    for line in text.lines() {
        assert!(!line.contains(SECRET), "{line}");
    }
    // There was something to be said.
    for said in [
        "request failed",
        "request without ack_id failed",
        "the disk is full",
    ] {
        log.line(said);
    }
}

#[tokio::test]
async fn debug_output_of_a_record_hides_secrets() {
    let server = Server::new(VAULTS).open().await.expect("memory opens");
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
        .expect("a vault");
    let store = server.store();
    let record = store.get(0, "a").await.expect("memory reads").value;
    let log = store.log(0, 10).await.expect("memory has a log");
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
