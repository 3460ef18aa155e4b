//! Subscriptions and the events that they send.

mod children;
mod declared_events;
mod initial_result;
mod resume;
mod slow_readers;
mod unsubscribe;

use crate::support::{Client, TestServer, within};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Config, Context, Error, Resource, Resources, Result, Server, remote, resources};

/// The data of `roared`.
#[derive(Serialize, JsonSchema)]
struct Roar {
    loudness: u8,
}

/// The data of `stirred`.
#[derive(Serialize, JsonSchema)]
struct Stir {}

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar, stirred = Stir))]
struct Creature {
    id: String,
    #[resource(default = "dragon")]
    kind: String,
    #[resource(default = 10)]
    life: i64,
    #[resource(default)]
    bio: String,
    #[resource(private, default = "hush")]
    secret: String,
}

#[remote]
impl Creature {
    pub fn feed(&mut self) {
        self.life += 1;
    }

    /// Roars, and emits an event for each record of `with`.
    pub async fn roar(&mut self, context: &Context, with: Vec<String>) -> Result<()> {
        self.life += 1;
        context.emit(&self.id, Roar { loudness: 9 })?;
        for id in with {
            context.emit(&id, Roar { loudness: 3 })?;
        }
        Ok(())
    }

    pub fn stir(&self, context: &Context) -> Result<()> {
        context.broadcast(&self.id, Stir {})
    }

    pub fn choke(&mut self, context: &Context) -> Result<()> {
        context.emit(&self.id, Roar { loudness: 1 })?;
        context.broadcast(&self.id, Stir {})?;
        Err(Error::refused("choked", "on a knight"))
    }
}

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
    #[resource(default)]
    playing: bool,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(except(subscribe))]
struct Secret {
    id: String,
}

const APP: Resources = resources![Creature, Album, Song, Secret];

async fn start() -> TestServer {
    start_with(|_| {}).await
}

async fn start_with(change: impl FnOnce(&mut Config)) -> TestServer {
    let mut config = Config::default();
    change(&mut config);
    TestServer::serve(Server::new(APP).config(config)).await
}

/// Subscribes with ack id `ack`. Returns the payload of the reply.
async fn subscribe(client: &mut Client, ack: u64, conditions: Value) -> Value {
    let frame = json!(["creature", "subscribe", conditions, ack]);
    client.ask(frame).await[2].take()
}

/// Returns the frames up to the events of the newest commit.
async fn frames_up_to_head(client: &mut Client) -> Vec<Value> {
    client.send(json!(["sockful", "ping", null, "head"])).await;
    let mut frames = Vec::new();
    loop {
        let frame = client.recv().await;
        if frame[3] == "head" {
            return frames;
        }
        frames.push(frame);
    }
}

/// Returns the same frames without the proofs of positions, which differ between servers.
async fn frames_without_proofs(client: &mut Client) -> Vec<Value> {
    let mut frames = frames_up_to_head(client).await;
    for payload in frames
        .iter_mut()
        .filter_map(|frame| frame[2].as_object_mut())
    {
        payload.remove("at");
    }
    frames
}

/// Returns the ack id, the event and the record's id of each frame.
async fn events(client: &mut Client) -> Vec<(u64, String, String)> {
    let short = |frame: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let ack = frame[3].as_u64().expect("an ack id");
        (ack, text(&frame[1]), text(&frame[2]["id"]))
    };
    frames_up_to_head(client).await.iter().map(short).collect()
}

fn event(ack: u64, name: &str, id: &str) -> (u64, String, String) {
    (ack, name.to_owned(), id.to_owned())
}

#[tokio::test]
async fn event_kind_depends_on_match_before_and_after() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let reply = subscribe(
        &mut client,
        7,
        json!({"kind": "dragon", "life": {"$gt": 5}}),
    )
    .await;
    assert_eq!(reply["ok"]["records"][0]["id"], "bob");
    assert_eq!((&reply["seq"], &reply["more"]), (&json!(1), &Value::Null));
    for (action, payload, expected) in [
        ("create", json!({"id": "eve", "life": 1}), None),
        ("update", json!({"id": "eve", "life": 2}), None),
        ("update", json!({"id": "eve", "life": 6}), Some("created")),
        ("feed", json!({"id": "eve"}), Some("updated")),
        ("save", json!({"id": "eve", "life": 8}), Some("updated")),
        ("update", json!({"id": "eve", "secret": "no"}), None),
        ("update", json!({"id": "eve", "kind": "cat"}), Some("left")),
        ("destroy", json!({"id": "eve"}), None),
        ("destroy", json!({"id": "bob"}), Some("destroyed")),
        ("save", json!({"id": "bob"}), Some("created")),
    ] {
        let mut reply = writer.reply("creature", action, payload.clone()).await;
        let frames = frames_without_proofs(&mut client).await;
        let Some(expected) = expected else {
            assert_eq!(frames, [Value::Null; 0], "{action} {payload}");
            continue;
        };
        let mut expected_payload = json!({"id": payload["id"], "seq": reply["seq"]});
        let name = match expected {
            "left" => "destroyed",
            name => name,
        };
        match expected {
            "left" => expected_payload["left"] = true.into(),
            "created" | "updated" if action == "feed" => {
                expected_payload["record"] = writer.ok("creature", "get", payload).await;
            }
            "created" | "updated" => expected_payload["record"] = reply["ok"].take(),
            _ => {}
        }
        assert_eq!(
            frames,
            [json!(["creature", name, expected_payload, 7])],
            "{action}"
        );
    }
}

#[tokio::test]
async fn changes_of_one_commit_are_adjacent_frames() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    subscribe(&mut client, 7, json!({})).await;
    let write = |id| json!(["creature", "create", {"id": id}]);
    let batch = json!([write("bob"), write("eve"), write("kim")]);
    let seq = writer.reply("sockful", "commit", batch).await["seq"].take();
    let frames = frames_up_to_head(&mut client).await;
    let more: Vec<_> = frames
        .iter()
        .map(|frame| frame[2]["more"] == true)
        .collect();
    assert_eq!(more, [true, true, false]);
    assert!(
        frames.iter().all(|frame| frame[2]["seq"] == seq),
        "{frames:?}"
    );
}

#[tokio::test]
async fn writer_receives_its_event_with_the_reply_seq() {
    let server = start().await;
    let mut client = server.client().await;
    subscribe(&mut client, 7, json!({})).await;
    client
        .send(json!(["creature", "create", {"id": "bob"}, 1]))
        .await;
    let frames = [client.recv().await, client.recv().await];
    let of = |ack: u64| frames.iter().find(|frame| frame[3] == ack);
    let (reply, event) = (of(1).expect("a reply"), of(7).expect("an event"));
    assert_eq!(reply[2]["seq"], event[2]["seq"]);
    assert_eq!(reply[2]["ok"], event[2]["record"]);
}

#[tokio::test]
async fn each_subscription_sees_all_commits_in_order() {
    let server = start().await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = server.client().await;
        subscribe(&mut client, 1, json!({"kind": "dragon"})).await;
        subscribe(&mut client, 2, json!({"kind": "dragon"})).await;
        subscribe(&mut client, 3, json!({"kind": "cat"})).await;
        clients.push(client);
    }
    let mut writers = Vec::new();
    for n in 0..4 {
        let mut writer = server.client().await;
        writers.push(tokio::spawn(async move {
            for m in 0..25 {
                let id = format!("{n}-{m}");
                writer.ok("creature", "create", json!({"id": id})).await;
            }
        }));
    }
    for writer in writers {
        within("a writer", writer)
            .await
            .expect("the writer does not fail");
    }
    let mut orders = Vec::new();
    for client in &mut clients {
        let frames = frames_up_to_head(client).await;
        for ack in [1, 2] {
            let own = frames.iter().filter(|frame| frame[3] == ack);
            let seqs: Vec<_> = own.map(|frame| frame[2]["seq"].clone()).collect();
            assert_eq!(seqs.len(), 100);
            orders.push(seqs);
        }
        assert!(frames.iter().all(|frame| frame[3] != 3));
    }
    assert!(orders.windows(2).all(|two| two[0] == two[1]));
}

#[tokio::test]
async fn unlimited_fold_after_delivers_events() {
    let server = TestServer::start_with(|config| config.live.fold_after = usize::MAX).await;
    let mut client = server.client().await;
    client.ask(json!(["creature", "subscribe", {}, 1])).await;
    client
        .send(json!(["creature", "create", {"id": "bob"}]))
        .await;
    assert_eq!(client.recv().await[1], "created");
}
