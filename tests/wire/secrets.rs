//! Values of properties that are never sent stand in no error and in no line of the log, whatever
//! fails.

use crate::support::{Client, Gates, Running};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Context, Error, Resource, Result, Server, remote, resources};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

/// What must not be seen.
const SECRET: &str = "s3cret";

#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    Low,
    High,
}

fn is_known(pin: &str) -> std::result::Result<(), &'static str> {
    if pin == "known" {
        Ok(())
    } else {
        Err("is not known")
    }
}

#[derive(Serialize, Deserialize, Resource)]
struct Vault {
    id: String,
    #[resource(write_only, default = Level::Low)]
    level: Level,
    #[resource(write_only, length(..4))]
    code: Option<String>,
    #[resource(write_only, pattern = "^[0-9]+$")]
    digits: Option<String>,
    #[resource(write_only, format = "email")]
    mail: Option<String>,
    #[resource(write_only, default = "known", conform = self::is_known)]
    pin: String,
    #[resource(write_only, range(0..=9))]
    number: Option<i64>,
    #[resource(write_only, unique)]
    token: Option<String>,
    #[resource(private, default)]
    note: String,
    #[resource(private, default = 1, range(1..=9))]
    count: i64,
}

#[remote]
impl Vault {
    #[before(update)]
    fn check(&mut self) -> Result<()> {
        match self.note.as_str() {
            "fail" => Err(Error::internal("a cause that is told to the log alone")),
            "panic" => panic!("{} is not told to clients", self.note),
            "break" => {
                self.count = 77;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub fn note_down(&mut self, what: String) {
        what.clone_into(&mut self.note);
    }

    pub async fn twice(context: &Context) -> Result<()> {
        let new = || NewVault {
            token: Some(SECRET.to_owned()),
            note: Some(SECRET.to_owned()),
            ..NewVault::default()
        };
        context.of::<Self>().create(new()).await?;
        context.of::<Self>().create(new()).await?;
        Ok(())
    }

    pub fn shown() -> Result<()> {
        let patch = VaultPatch {
            pin: Some(SECRET.to_owned()),
            note: Some(SECRET.to_owned()),
            ..VaultPatch::default()
        };
        Err(Error::internal(format!(
            "{patch:?} of {:?}",
            NewVault {
                code: Some(SECRET.to_owned()),
                ..NewVault::default()
            }
        )))
    }
}

/// The lines of a log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A log of all that this thread says, on which the server runs, too.
fn logged() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let log = tracing_subscriber::fmt().with_writer(lines.clone());
    let log = log
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .finish();
    (lines, tracing::subscriber::set_default(log))
}

/// Sends it with an id and without one; gives what came back.
async fn both_ways(client: &mut Client, action: &str, payload: Value) -> String {
    client.send(json!(["vault", action, payload])).await;
    client.reply("vault", action, payload).await.to_string()
}

#[tokio::test]
async fn what_is_never_sent_is_in_no_error_and_in_no_line_of_the_log() {
    let (lines, _guard) = logged();
    let server = Server::new(resources![Vault])
        .open()
        .await
        .expect("memory opens");
    let server = Running::opened(server, Gates::default()).await;
    let mut client = server.client().await;
    client
        .ok("vault", "create", json!({"id": "a", "token": "taken"}))
        .await;
    let mut told = Vec::new();
    for (name, value) in [
        ("level", json!(SECRET)),
        ("level", json!({SECRET: 1})),
        ("code", json!(SECRET)),
        ("code", json!([SECRET])),
        ("digits", json!(SECRET)),
        ("mail", json!(SECRET)),
        ("pin", json!(SECRET)),
        ("number", json!(SECRET)),
        ("token", json!({"at": SECRET})),
    ] {
        for (action, id) in [("create", "b"), ("update", "a"), ("save", "a")] {
            let payload = json!({"id": id, name: value});
            told.push(both_ways(&mut client, action, payload).await);
        }
    }
    for query in [
        json!({"pin": SECRET}),
        json!({"note": {"$prefix": SECRET}}),
        json!({"$or": [{"token": {"$in": [SECRET]}}]}),
    ] {
        told.push(both_ways(&mut client, "find", query.clone()).await);
        let subscribed = client.reply("vault", "subscribe", query).await;
        told.push(subscribed.to_string());
    }
    told.push(both_ways(&mut client, "twice", Value::Null).await);
    told.push(both_ways(&mut client, "shown", Value::Null).await);
    for note in ["fail", "panic", "break"] {
        told.push(both_ways(&mut client, "noteDown", json!({"id": "a", "what": note})).await);
    }
    let log = lines.text();
    assert!(
        told.iter().all(|told| told.contains("\"err\"")),
        "{told:#?}"
    );
    for told in &told {
        assert!(!told.contains(SECRET), "{told}");
    }
    for line in log.lines() {
        assert!(!line.contains(SECRET), "{line}");
    }
    // Under the id that the client is told the log has the cause.
    let failed = told.iter().find(|told| told.contains("(error "));
    let id = failed
        .and_then(|told| told.split("(error ").nth(1))
        .expect("an id");
    let id = id.split(')').next().expect("its end");
    assert!(log.contains(id), "{id}");
    assert!(log.contains("a request without ack_id failed"));
    assert!(log.contains("a cause that is told to the log alone"));
    assert!(
        told.iter()
            .all(|told| !told.contains("told to the log alone"))
    );
}
