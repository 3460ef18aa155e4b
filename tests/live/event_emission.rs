//! Declared events, from the call that emits them to the commit log.

use crate::support::{Checkpoints, Client, TestServer, within};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Context, Error, Resource, Resources, Result, Server, ServerHandle};
use sockful::{remote, resources};
use tokio::sync::mpsc::{self, UnboundedSender};
use uuid::Uuid;

/// The data of `roared`.
#[derive(Serialize, JsonSchema)]
struct Roar {
    loudness: i32,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Change {
    Born,
    Grown,
    Died,
}

#[derive(Serialize, JsonSchema)]
struct Opened(String);

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(
    /// The creature roared.
    roared = Roar,
    livedOn = Change,
))]
struct Creature {
    id: String,
    #[resource(parent = Cave)]
    cave_id: Option<String>,
    #[resource(default = 1, range(0..=9))]
    life: i32,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(opened = Opened))]
struct Cave {
    id: String,
}

#[remote]
impl Creature {
    /// Roars without changing the record.
    pub fn roar(&self, ctx: &Context) -> Result<()> {
        let loudness = self.life;
        ctx.emit(&self.id, Roar { loudness })
    }

    /// Roars twice and grows in between.
    pub fn grow(&mut self, ctx: &Context, by: i32) -> Result<i32> {
        ctx.emit(&self.id, Roar { loudness: 1 })?;
        self.life += by;
        ctx.emit(&self.id, Roar { loudness: 2 })?;
        Ok(self.life)
    }

    /// Roars when the checkpoint is released.
    pub async fn roar_at(&self, ctx: &Context, checkpoint: String) -> Result<i32> {
        ctx.state::<Checkpoints>()?.wait_at(&checkpoint).await;
        let loudness = self.life;
        ctx.records::<Self>()
            .emit(&self.id, Roar { loudness })
            .await?;
        Ok(loudness)
    }

    /// Roars and fails.
    pub fn choke(&self, ctx: &Context, kind: String) -> Result<()> {
        ctx.emit(&self.id, Roar { loudness: 9 })?;
        assert_ne!(kind, "panic");
        Err(Error::refused("choked", "it cannot roar"))
    }

    /// Tries to update a record, and ignores the error.
    pub async fn try_to_grow(ctx: &Context, id: String) -> Result<bool> {
        let patch = CreaturePatch {
            life: Some(8),
            ..CreaturePatch::default()
        };
        Ok(ctx.records::<Self>().update(&id, patch).await.is_ok())
    }

    /// Emits an event of a record that may not exist.
    pub fn rumour(ctx: &Context, id: String) -> Result<()> {
        ctx.emit(&id, Roar { loudness: 3 })
    }

    #[before(create)]
    fn emit_born(&self, ctx: &Context) -> Result<()> {
        ctx.emit(&self.id, Change::Born)
    }

    #[before(update)]
    fn emit_grown(&self, ctx: &Context) -> Result<()> {
        ctx.emit(&self.id, Change::Grown)?;
        if self.life == 8 {
            return Err(Error::refused("unlucky", "not this number"));
        }
        Ok(())
    }

    #[before(destroy)]
    async fn emit_died(&self, ctx: &Context) -> Result<()> {
        ctx.emit(&self.id, Change::Died)?;
        if let Some(cave) = &self.cave_id {
            let opened = Opened(self.id.clone());
            ctx.records::<Cave>().emit(cave, opened).await?;
        }
        Ok(())
    }

    #[after(roar)]
    async fn echo(&self, ctx: &Context) -> Result<()> {
        let Ok(received) = ctx.state::<UnboundedSender<Error>>() else {
            return Ok(());
        };
        let refused = ctx.emit(&self.id, Roar { loudness: 0 });
        let echo = Roar { loudness: -1 };
        ctx.records::<Self>().emit(&self.id, echo).await?;
        received
            .send(refused.expect_err("the commit is over"))
            .map_err(Error::internal)
    }
}

const RESOURCES: Resources = resources![Creature, Cave];

/// A server with one record, and access to the events in its log.
struct Fixture {
    handle: ServerHandle,
    running: TestServer,
    client: Client,
}

impl Fixture {
    async fn new() -> Self {
        Self::with_server(Server::new(RESOURCES)).await
    }

    async fn with_server(server: Server) -> Self {
        let checkpoints = Checkpoints::default();
        let handle = server.state(checkpoints.clone()).open().await;
        let handle = handle.expect("a memory store opens");
        let running = TestServer::from_handle(handle.clone(), checkpoints).await;
        let mut client = running.client().await;
        let bob = json!({"id": "bob", "life": 5});
        client.ok("creature", "create", bob).await;
        Self {
            handle,
            running,
            client,
        }
    }

    /// Returns the events of every commit after the first, each with the record's id and the data.
    async fn emitted(&self) -> Vec<Vec<Value>> {
        let log = self.handle.store().log(1, 99).await.expect("a short log");
        let definition_of = |entry: usize| RESOURCES.entries()[entry].shape.definition;
        let commits = log.iter().map(|committed| {
            let events = committed.emitted.iter().map(|event| {
                let definition = definition_of(event.resource);
                let name = definition.events[event.event].name;
                let data: Value = serde_json::from_str(&event.data).expect("JSON");
                json!([definition.name, name, event.record.id(), data])
            });
            events.collect()
        });
        commits.collect()
    }
}

fn roar(loudness: i32) -> Value {
    json!(["creature", "roared", "bob", {"loudness": loudness}])
}

fn lived(id: &str, kind: &str) -> Value {
    json!(["creature", "livedOn", id, kind])
}

#[tokio::test]
async fn method_events_are_committed_in_emit_order() {
    let mut fixture = Fixture::new().await;
    let bob = json!({"id": "bob"});
    let roared = fixture.client.reply("creature", "roar", bob.clone()).await;
    assert_eq!(roared, json!({"ok": null, "seq": 2}));
    let grow = json!({"id": "bob", "by": 1});
    let grown = fixture.client.reply("creature", "grow", grow).await;
    assert_eq!(grown, json!({"ok": 6, "seq": 3}));
    fixture.client.ok("creature", "destroy", bob).await;
    let expected = [
        vec![roar(5)],
        vec![roar(1), roar(2), lived("bob", "grown")],
        vec![lived("bob", "died")],
    ];
    assert_eq!(fixture.emitted().await, expected);
    // An event has the record after its commit, or before it if the record was destroyed.
    let log = fixture.handle.store().log(1, 9).await.expect("a short log");
    let records = log.iter().map(|it| it.emitted[0].record.rev());
    assert_eq!(records.collect::<Vec<_>>(), [1, 3, 3]);
    assert_eq!(log[0].changes.len(), 0);
}

#[tokio::test]
async fn hook_events_are_part_of_the_commit() {
    let mut fixture = Fixture::new().await;
    let writes = json!([
        ["cave", "create", {"id": "deep"}],
        ["creature", "create", {"id": "eve", "cave_id": "deep"}],
        ["creature", "update", {"id": "bob", "life": 2}],
        ["creature", "create", {"id": "larry", "cave_id": "deep"}],
    ]);
    fixture.client.ok("sockful", "commit", writes).await;
    fixture
        .client
        .ok("cave", "destroy", json!({"id": "deep"}))
        .await;
    let opened = |by: &str| json!(["cave", "opened", "deep", by]);
    let expected = [
        vec![
            lived("eve", "born"),
            lived("bob", "grown"),
            lived("larry", "born"),
        ],
        vec![
            lived("eve", "died"),
            opened("eve"),
            lived("larry", "died"),
            opened("larry"),
        ],
    ];
    assert_eq!(fixture.emitted().await, expected);
}

#[tokio::test]
async fn call_that_runs_again_emits_once() {
    let mut fixture = Fixture::new().await;
    let at = json!(["creature", "roarAt", {"id": "bob", "checkpoint": "g"}, 1]);
    fixture.client.send(at).await;
    let checkpoints = &fixture.running.checkpoints;
    checkpoints.reached("g").await;
    let creatures = fixture.handle.records::<Creature>();
    let patch = CreaturePatch {
        life: Some(7),
        ..CreaturePatch::default()
    };
    let bob = "bob".to_owned();
    creatures
        .update(&bob, patch)
        .await
        .expect("the record exists");
    checkpoints.release("g");
    checkpoints.reached("g").await;
    checkpoints.release("g");
    assert_eq!(fixture.client.recv().await[2], json!({"ok": 7, "seq": 3}));
    let expected = [vec![lived("bob", "grown")], vec![roar(7)]];
    assert_eq!(fixture.emitted().await, expected);
}

#[tokio::test]
async fn retry_with_a_key_emits_nothing_more() {
    let mut fixture = Fixture::new().await;
    for (seq, request) in [
        (2, json!(["roar", {"id": "bob"}])),
        (3, json!(["grow", {"id": "bob", "by": 1}])),
    ] {
        let key = json!({"key": Uuid::now_v7()});
        let request = json!(["creature", request[0], request[1], 1, key]);
        let first = fixture.client.ask(request.clone()).await;
        assert_eq!(first[2]["seq"], seq);
        assert_eq!(fixture.client.ask(request).await, first);
    }
    assert_eq!(fixture.emitted().await.len(), 2);
}

#[tokio::test]
async fn failed_call_emits_nothing() {
    let mut fixture = Fixture::new().await;
    let bob = |kind: &str| json!({"id": "bob", "kind": kind});
    for (action, payload, code) in [
        ("choke", bob("refuse"), "choked"),
        ("choke", bob("panic"), "internal"),
        ("grow", json!({"id": "bob", "by": 99}), "invalid"),
        ("grow", json!({"id": "bob", "by": 3}), "unlucky"),
        ("update", json!({"id": "bob", "life": 8}), "unlucky"),
        ("create", json!({"id": "bob"}), "conflict"),
        ("create", json!({"cave_id": "none"}), "invalid"),
    ] {
        let actual = fixture.client.code("creature", action, payload).await;
        assert_eq!(actual, code, "{action}");
    }
    let writes = json!([
        ["creature", "create", {"id": "eve"}],
        ["creature", "update", {"id": "unknown", "life": 2}],
    ]);
    let code = fixture.client.code("sockful", "commit", writes).await;
    assert_eq!(code, "not_found");
    assert_eq!(fixture.emitted().await, Vec::<Vec<Value>>::new());
}

#[tokio::test]
async fn events_of_a_failed_write_fail_the_call() {
    let mut fixture = Fixture::new().await;
    let bob = json!({"id": "bob"});
    let code = fixture.client.code("creature", "tryToGrow", bob).await;
    assert_eq!(code, "internal");
    assert_eq!(fixture.client.head().await, 1);
}

#[tokio::test]
async fn event_of_an_absent_record_is_dropped() {
    let mut fixture = Fixture::new().await;
    let unknown = json!({"id": "unknown"});
    let rumour = fixture.client.reply("creature", "rumour", unknown).await;
    assert_eq!(rumour, json!({"ok": null, "seq": 1}));
    assert_eq!(fixture.client.head().await, 1);
}

#[tokio::test]
async fn emit_outside_requests_commits_separately() {
    let (errors, mut received) = mpsc::unbounded_channel::<Error>();
    let mut fixture = Fixture::with_server(Server::new(RESOURCES).state(errors)).await;
    let creatures = fixture.handle.records::<Creature>();
    let bob = "bob".to_owned();
    let emitted = creatures.emit(&bob, Roar { loudness: 3 }).await;
    emitted.expect("the event is emitted");
    let payload = json!({"id": "bob"});
    fixture.client.ok("creature", "roar", payload).await;
    let refused = within("the echo", received.recv()).await;
    let refused = refused.expect("the server runs");
    let cause = std::error::Error::source(&refused).map(ToString::to_string);
    let cause = cause.unwrap_or_default();
    assert!(
        cause.contains("context.records::<Creature>().emit"),
        "{cause}"
    );
    let expected = [vec![roar(3)], vec![roar(5)], vec![roar(-1)]];
    assert_eq!(fixture.emitted().await, expected);
}

#[tokio::test]
async fn schema_lists_the_events_of_each_resource() {
    let mut fixture = Fixture::new().await;
    let description = fixture.client.ok("sockful", "schema", Value::Null).await;
    let events = &description["resources"]["creature"]["events"];
    assert_eq!(events["roared"]["description"], "The creature roared.");
    assert_eq!(events["livedOn"]["description"], "");
    assert_eq!(
        description["resources"]["cave"]["events"]["opened"]["data"]["$ref"],
        "#/$defs/Opened"
    );
    let data = |name: &str| {
        let schema = json!({
            "$ref": events[name]["data"]["$ref"],
            "$defs": description["$defs"],
        });
        jsonschema::validator_for(&schema).expect("a schema")
    };
    assert!(data("roared").is_valid(&json!({"loudness": 3})));
    assert!(!data("roared").is_valid(&json!({"loudness": "much"})));
    assert!(data("livedOn").is_valid(&json!("grown")));
    assert!(!data("livedOn").is_valid(&json!("shrunk")));
}
