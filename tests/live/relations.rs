//! Subscriptions with conditions over relations, compared with an evaluation of all records at each
//! commit that they report.

use crate::support::live_checker::{CommitHistory, RecordingServer};
use crate::support::{Client, within};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Config, Resource, resources};
use std::collections::{BTreeMap, HashMap};

/// A channel of a chat.
#[derive(Serialize, Deserialize, Resource)]
struct Channel {
    id: String,
    #[resource(default)]
    open: bool,
    #[resource(default = 0)]
    level: i64,
}

/// The membership of a user in a channel.
#[derive(Serialize, Deserialize, Resource)]
struct Membership {
    id: String,
    #[resource(parent = Channel, on_destroy = "cascade")]
    channel_id: String,
    #[resource(index)]
    user: String,
    #[resource(default)]
    muted: bool,
}

/// A message, in a channel or in none.
#[derive(Serialize, Deserialize, Resource)]
struct Message {
    id: String,
    #[resource(parent = Channel, on_destroy = "detach")]
    channel_id: Option<String>,
    #[resource(default = 0)]
    stars: i64,
}

type Table = BTreeMap<String, Value>;

/// All records after a commit.
#[derive(Clone, Default)]
struct State([Table; 3]);

const CHANNEL: usize = 0;
const MEMBERSHIP: usize = 1;
const MESSAGE: usize = 2;

impl State {
    fn channel(&self, message: &Value) -> Option<&Value> {
        self.0[CHANNEL].get(message["channel_id"].as_str()?)
    }

    fn has_member(&self, channel: &Value, is: impl Fn(&Value) -> bool) -> bool {
        let mut memberships = self.0[MEMBERSHIP].values();
        memberships.any(|it| it["channel_id"] == channel["id"] && is(it))
    }
}

/// A query, and the same condition in Rust.
struct Watched {
    place: usize,
    resource: &'static str,
    conditions: fn() -> Value,
    matches: fn(&State, &Value) -> bool,
}

const WATCHED: [Watched; 9] = [
    Watched {
        place: MESSAGE,
        resource: "message",
        conditions: || json!({"channel.open": true}),
        matches: |state, it| state.channel(it).is_some_and(|it| it["open"] == true),
    },
    Watched {
        place: MESSAGE,
        resource: "message",
        conditions: || json!({"$not": {"channel.level": {"$gt": 1}}, "stars": {"$lt": 4}}),
        matches: |state, it| {
            let level = |it: &Value| it["level"].as_i64() > Some(1);
            !state.channel(it).is_some_and(level) && it["stars"].as_i64() < Some(4)
        },
    },
    Watched {
        place: CHANNEL,
        resource: "channel",
        conditions: || json!({"memberships": {"$some": {"user": "ann"}}}),
        matches: |state, it| state.has_member(it, |of| of["user"] == "ann"),
    },
    Watched {
        place: CHANNEL,
        resource: "channel",
        conditions: || json!({"memberships": {"$none": {"muted": true}}, "open": false}),
        matches: |state, it| !state.has_member(it, |of| of["muted"] == true) && it["open"] == false,
    },
    Watched {
        place: MESSAGE,
        resource: "message",
        conditions: || json!({"channel.memberships": {"$some": {"user": "ann", "muted": false}}}),
        matches: |state, it| {
            let is = |of: &Value| of["user"] == "ann" && of["muted"] == false;
            state.channel(it).is_some_and(|it| state.has_member(it, is))
        },
    },
    Watched {
        place: MESSAGE,
        resource: "message",
        conditions: || {
            json!({"$or": [
                {"channel.memberships": {"$some": {"user": "bob"}}, "channel.open": false},
                {"stars": {"$gte": 4}},
            ]})
        },
        matches: |state, it| {
            let is_member = |it: &Value| state.has_member(it, |of| of["user"] == "bob");
            let is_of = |it: &Value| is_member(it) && it["open"] == false;
            state.channel(it).is_some_and(is_of) || it["stars"].as_i64() >= Some(4)
        },
    },
    Watched {
        place: CHANNEL,
        resource: "channel",
        conditions: || json!({"messages": {"$some": {"stars": {"$gte": 3}}}}),
        matches: |state, it| {
            let mut messages = state.0[MESSAGE].values();
            messages.any(|of| of["channel_id"] == it["id"] && of["stars"].as_i64() >= Some(3))
        },
    },
    Watched {
        place: MEMBERSHIP,
        resource: "membership",
        conditions: || json!({"channel.messages": {"$some": {"stars": 0}}, "user": "ann"}),
        matches: |state, it| {
            let of = it["channel_id"].clone();
            let mut messages = state.0[MESSAGE].values();
            it["user"] == "ann" && messages.any(|it| it["channel_id"] == of && it["stars"] == 0)
        },
    },
    Watched {
        place: MEMBERSHIP,
        resource: "membership",
        conditions: || json!({"channel.level": {"$in": [1, 2]}, "channel.open": true}),
        matches: |state, it| {
            let channel = state.channel(it);
            channel.is_some_and(|it| {
                it["open"] == true && [1, 2].contains(&it["level"].as_i64().unwrap_or(0))
            })
        },
    },
];

/// A deterministic generator.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn id(&mut self, prefix: &str, n: u64) -> String {
        format!("{prefix}{}", self.below(n))
    }
}

/// A write that may be refused.
fn write(random: &mut Random) -> Value {
    let user = ["ann", "bob", "eve"][usize::try_from(random.below(3)).expect("small")];
    let channel = random.id("c", 4);
    match random.below(12) {
        0 => {
            json!(["channel", "save", {"id": channel, "open": random.below(2) == 0, "level": random.below(4)}])
        }
        1 => json!(["channel", "update", {"id": channel, "open": random.below(2) == 0}]),
        2 => json!(["channel", "update", {"id": channel, "level": random.below(4)}]),
        3 => json!(["channel", "destroy", {"id": channel}]),
        4 | 5 => {
            json!(["membership", "save", {"id": random.id("s", 6), "channel_id": channel, "user": user, "muted": random.below(2) == 0}])
        }
        6 => json!(["membership", "update", {"id": random.id("s", 6), "channel_id": channel}]),
        7 => json!(["membership", "destroy", {"id": random.id("s", 6)}]),
        8 => json!(["message", "update", {"id": random.id("m", 12), "channel_id": null}]),
        9 => json!(["message", "destroy", {"id": random.id("m", 12)}]),
        _ => {
            json!(["message", "save", {"id": random.id("m", 12), "channel_id": channel, "stars": random.below(6)}])
        }
    }
}

/// One subscription, as a client holds it.
struct Follower {
    watched: &'static Watched,
    ack: u64,
    records: Table,
    position: u64,
    resume: Value,
    next_resume: Option<Value>,
    parts: Vec<(String, Value)>,
    /// The positions that were reported, with the records then.
    reported: Vec<(u64, Table)>,
    resets: usize,
}

impl Follower {
    fn new(watched: &'static Watched, ack: u64) -> Self {
        Self {
            watched,
            ack,
            records: Table::new(),
            position: 0,
            resume: Value::Null,
            next_resume: None,
            parts: Vec::new(),
            reported: Vec::new(),
            resets: 0,
        }
    }

    async fn begin(&mut self, client: &mut Client) {
        let mut payload = (self.watched.conditions)();
        if !self.resume.is_null() {
            payload["$from"] = self.resume.clone();
        }
        self.parts.clear();
        client
            .send(json!([
                self.watched.resource,
                "subscribe",
                payload,
                self.ack
            ]))
            .await;
    }

    fn take(&mut self, frame: &Value) {
        let (name, payload) = (frame[1].as_str().expect("an action"), &frame[2]);
        if name == "subscribe" {
            assert!(payload.get("ok").is_some(), "{frame}");
            let resume = payload["resume"].clone();
            if payload["ok"]["resumed"] == true {
                self.resume["resume"] = resume;
                self.resume["at"] = payload["at"].clone();
                return;
            }
            self.next_resume = Some(resume);
            let mut result = payload["ok"].clone();
            for key in ["seq", "more", "at"] {
                result[key] = payload[key].clone();
            }
            self.parts.push(("reset".to_owned(), result));
        } else {
            self.parts.push((name.to_owned(), payload.clone()));
        }
        let (_, last) = self.parts.last().expect("one");
        if last["more"] == true {
            return;
        }
        let (seq, at) = (last["seq"].as_u64().expect("a commit"), last["at"].clone());
        for (name, payload) in std::mem::take(&mut self.parts) {
            self.apply(&name, &payload);
        }
        assert!(seq >= self.position, "{frame} after {}", self.position);
        self.position = seq;
        if let Some(resume) = self.next_resume.take() {
            self.resume = json!({"resume": resume});
        }
        self.resume["seq"] = seq.into();
        self.resume["at"] = at;
        self.reported.push((seq, self.records.clone()));
    }

    fn apply(&mut self, name: &str, payload: &Value) {
        let id = || payload["id"].as_str().expect("an id").to_owned();
        match name {
            "reset" => {
                self.resets += 1;
                self.records.clear();
                self.add(payload);
            }
            "records" => self.add(payload),
            "created" => {
                let before = self.records.insert(id(), payload["record"].clone());
                assert!(before.is_none(), "created again: {payload}");
            }
            "updated" => {
                let before = self.records.insert(id(), payload["record"].clone());
                assert!(before.is_some(), "updated but absent: {payload}");
            }
            "destroyed" => {
                assert!(self.records.remove(&id()).is_some(), "absent: {payload}");
            }
            other => panic!("{other}: {payload}"),
        }
    }

    fn add(&mut self, payload: &Value) {
        for record in payload["records"].as_array().into_iter().flatten() {
            let id = record["id"].as_str().expect("an id").to_owned();
            self.records.insert(id, record.clone());
        }
    }
}

/// A connection with a subscription of each query.
struct Connection {
    client: Client,
    followers: HashMap<u64, Follower>,
    pings: u64,
}

impl Connection {
    async fn start(server: &RecordingServer) -> Self {
        let mut connection = Self {
            client: server.client().await,
            followers: HashMap::new(),
            pings: 0,
        };
        for (ack, watched) in (1..).zip(&WATCHED) {
            let mut follower = Follower::new(watched, ack);
            follower.begin(&mut connection.client).await;
            connection.followers.insert(ack, follower);
        }
        connection
    }

    async fn reconnect(&mut self, server: &RecordingServer) {
        self.client = server.client().await;
        for follower in self.followers.values_mut() {
            follower.begin(&mut self.client).await;
        }
    }

    /// Reads frames until everything up to commit `head` was received.
    async fn read(&mut self, head: u64) {
        loop {
            self.pings += 1;
            let ack = format!("ping-{}", self.pings);
            self.client
                .send(json!(["sockful", "ping", null, ack]))
                .await;
            loop {
                let frame = within("a frame", self.client.recv()).await;
                if frame[3] == ack {
                    if frame[2]["ok"]["seq"].as_u64() >= Some(head) {
                        return;
                    }
                    break;
                }
                let ack = frame[3].as_u64().unwrap_or_else(|| panic!("{frame}"));
                self.followers
                    .get_mut(&ack)
                    .expect("a subscription")
                    .take(&frame);
            }
        }
    }
}

/// Compares each reported position with an evaluation of all records.
async fn check(history: &CommitHistory, head: u64, connections: &[Connection], seed: u64) {
    let commits = history.up_to(head).await;
    let mut states = vec![State::default()];
    for commit in &commits {
        let mut state = states.last().expect("a state").clone();
        for change in &commit.changed {
            match &change.after {
                Some(after) => state.0[change.place].insert(change.id.clone(), (**after).clone()),
                None => state.0[change.place].remove(&change.id),
            };
        }
        states.push(state);
    }
    for follower in connections.iter().flat_map(|it| it.followers.values()) {
        let watched = follower.watched;
        let last = follower.reported.last().expect("an initial result");
        let until_now = (head, last.1.clone());
        for (seq, records) in follower.reported.iter().chain([&until_now]) {
            let state = &states[usize::try_from(*seq).expect("small")];
            let all = state.0[watched.place].iter();
            let expected: Table = all
                .filter(|(_, it)| (watched.matches)(state, it))
                .map(|(id, it)| (id.clone(), it.clone()))
                .collect();
            let conditions = (watched.conditions)();
            assert_eq!(
                records, &expected,
                "seed {seed}, commit {seq}: {conditions}"
            );
        }
    }
}

async fn follow(seed: u64, rounds: u64, change: impl FnOnce(&mut Config)) -> usize {
    let resources = resources![Channel, Membership, Message];
    let server = RecordingServer::with(resources, change).await;
    let mut random = Random(seed);
    let mut writer = server.client().await;
    let mut connections = Vec::new();
    for _ in 0..3 {
        connections.push(Connection::start(&server).await);
    }
    for round in 0..rounds {
        for _ in 0..random.below(12) {
            let write_or_commit = if random.below(4) == 0 {
                let batch: Vec<_> = (0..2 + random.below(3))
                    .map(|_| write(&mut random))
                    .collect();
                json!(["sockful", "commit", batch, 1])
            } else {
                let mut frame = write(&mut random);
                frame.as_array_mut().expect("a frame").push(1.into());
                frame
            };
            writer.ask(write_or_commit).await;
        }
        // The last connection reads rarely; the others may be cut before they have read everything.
        let head = server.head().await;
        for (nth, connection) in connections.iter_mut().enumerate() {
            if nth == 2 && round % 8 != 7 {
                continue;
            }
            if nth == 1 && random.below(3) == 0 {
                connection.reconnect(&server).await;
            } else {
                connection.read(head).await;
            }
        }
    }
    let head = server.head().await;
    for connection in &mut connections {
        connection.read(head).await;
    }
    check(&server.history, head, &connections, seed).await;
    let followers = connections.iter().flat_map(|it| it.followers.values());
    followers.map(|it| it.resets).sum()
}

#[tokio::test]
async fn relation_conditions_follow_every_commit() {
    for seed in 0..12 {
        let resets = follow(seed, 24, |_| {}).await;
        // Each subscription begins once; everything else is a difference.
        assert_eq!(resets, 3 * WATCHED.len(), "seed {seed}");
    }
}

#[tokio::test]
async fn relation_conditions_follow_with_small_limits() {
    for seed in 100..106 {
        let change = |config: &mut Config| {
            config.live.fold_after = 2;
            config.live.max_moved = 3;
            config.live.max_replayed = 20;
            config.live.ring_capacity = 4_000;
        };
        follow(seed, 24, change).await;
    }
}

#[tokio::test]
async fn too_many_related_records_are_refused() {
    let resources = resources![Channel, Membership, Message];
    let server = RecordingServer::with(resources, |config| config.live.max_inner_set = 3).await;
    let mut client = server.client().await;
    for (nth, open) in [true, true, false, false, false].into_iter().enumerate() {
        let channel = json!({"id": format!("c{nth}"), "open": open});
        client.ok("channel", "create", channel).await;
    }
    let few = json!({"channel.open": true});
    client.ok("message", "subscribe", few.clone()).await;
    // Three records are matched by one condition, and as many by two.
    let many = json!({"channel.open": false});
    for conditions in [
        json!({"$or": [few.clone(), {"channel.level": 0}]}),
        json!({"$or": [few.clone(), few]}),
        json!({"$or": [many, {"stars": 1}], "channel.id": "c1"}),
    ] {
        let error = client.err("message", "subscribe", conditions.clone()).await;
        assert_eq!(error["code"], "too_large", "{conditions}");
        assert_eq!(error["limit"]["name"], "max_inner_set", "{conditions}");
    }
}
