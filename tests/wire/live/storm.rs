//! Many writers, and many who come, go, and read as they like.
//!
//! `SOCKFUL_SEED` has everyone choose as they did when it was printed, `SOCKFUL_STORM_SECS` says for how long.

use super::Follower;
use crate::support::Gates;
use crate::support::history::Recorder;
use crate::support::{Client, Running, sample, within};
use serde_json::{Value, json};
use sockful::{Config, Server};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep, timeout};

const WRITERS: u64 = 50;
const FOLLOWERS: u64 = 200;
const IDS: u64 = 40;
const KINDS: [&str; 4] = ["dragon", "cat", "dog", "unicorn"];

/// Numbers that look random, the same for the same seed: splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn kind(&mut self) -> &'static str {
        KINDS[usize::try_from(self.below(4)).expect("it is small")]
    }

    fn conditions(&mut self) -> Value {
        match self.below(7) {
            0 => json!({}),
            1 => json!({"id": self.below(IDS).to_string()}),
            2 => json!({"kind": self.kind()}),
            3 => json!({"life": {"$gt": self.below(20)}}),
            4 => {
                json!({"kind": {"$in": [self.kind(), self.kind()]}, "life": {"$lte": self.below(20)}})
            }
            5 => json!({"$or": [{"kind": self.kind()}, {"id": self.below(IDS).to_string()}]}),
            _ => json!({"$not": {"kind": self.kind()}, "tame": false}),
        }
    }
}

fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_sees_the_history_whatever_comes_between() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = from_env("SOCKFUL_SEED");
    let seed = seed.unwrap_or_else(|| since.expect("a clock").subsec_nanos().into());
    println!("SOCKFUL_SEED={seed}");
    let secs = from_env("SOCKFUL_STORM_SECS").unwrap_or(5);
    let mut config = Config::default();
    config.fold_after = 16;
    config.ring_capacity = 100_000;
    config.log_capacity = 500_000;
    let server = Server::new(sample::RESOURCES).config(config);
    let handle = server.open().await.expect("it opens");
    let recorder = Recorder::start(&handle);
    let server = Arc::new(Running::opened(handle, Gates::default()).await);
    let until = Instant::now() + Duration::from_secs(secs);

    let mut writers = Vec::new();
    for n in 0..WRITERS {
        let (client, dice) = (server.client().await, Dice(seed ^ n));
        writers.push(tokio::spawn(write(client, dice, until)));
    }
    let mut followers = Vec::new();
    for n in 0..FOLLOWERS {
        let (server, dice) = (server.clone(), Dice(seed ^ (1_000 + n)));
        followers.push(tokio::spawn(follow(server, dice, until)));
    }
    for writer in writers {
        writer.await.expect("no writer fails");
    }
    let head = server.client().await.head().await;
    let mut done = Vec::new();
    for follower in followers {
        let (mut follower, connections) = follower.await.expect("no follower fails");
        if follower.client.is_none() {
            follower.begin(&server).await;
        }
        within("the rest", follower.read_up_to(head)).await;
        done.push((follower, connections));
    }
    let log = recorder.up_to(head).await;
    let (mut events, mut folds, mut afresh, mut connections) = (0, 0, 0, 0);
    for (follower, made) in &done {
        follower.judge(&log);
        connections += made;
        for seen in &follower.seen {
            let text = format!("{seen:?}");
            events += usize::from(text.starts_with("Event"));
            folds += usize::from(text.contains("\"folded\""));
            afresh += usize::from(!text.contains("resumed") && text.starts_with("Reply"));
            afresh += usize::from(text.contains("\"reset\""));
        }
    }
    println!(
        "{head} commits, {events} events to {FOLLOWERS} subscribers over {connections} connections, {folds} folded, {afresh} times from the beginning"
    );
    let first = usize::try_from(FOLLOWERS).expect("it is small");
    assert!(folds > 0 && afresh > first, "too little happened");
}

/// Writes at random until the time is over.
async fn write(mut client: Client, mut dice: Dice, until: Instant) {
    while Instant::now() < until {
        let (action, payload) = one(&mut dice);
        if dice.below(8) == 0 {
            let mut batch = vec![json!(["creature", action, payload])];
            for _ in 0..2 {
                let (action, payload) = one(&mut dice);
                batch.push(json!(["creature", action, payload]));
            }
            client.reply("sockful", "commit", batch.into()).await;
        } else {
            client.reply("creature", action, payload).await;
        }
        if dice.below(4) == 0 {
            sleep(Duration::from_millis(dice.below(60))).await;
        }
    }
}

fn one(dice: &mut Dice) -> (&'static str, Value) {
    let id = dice.below(IDS).to_string();
    let bio = "x".repeat(usize::try_from(dice.below(200)).expect("it is small"));
    match dice.below(10) {
        0 => ("destroy", json!({"id": id})),
        1..=4 => (
            "save",
            json!({"id": id, "kind": dice.kind(), "life": dice.below(20), "bio": bio}),
        ),
        5 => ("update", json!({"id": id, "tame": dice.below(2) == 0})),
        _ => (
            "update",
            json!({"id": id, "kind": dice.kind(), "life": dice.below(20)}),
        ),
    }
}

/// Comes, reads, stops reading, goes, and comes back, until the time is over.
async fn follow(server: Arc<Running>, mut dice: Dice, until: Instant) -> (Follower, usize) {
    let mut follower = Follower::new(dice.conditions());
    let mut connections = 0;
    while Instant::now() < until {
        if follower.client.is_none() {
            follower.begin(&server).await;
            connections += 1;
        }
        match dice.below(10) {
            0 => follower.cut(),
            1 => {
                follower.cut();
                // Away, now and then for longer than the log reaches back.
                sleep(Duration::from_millis(dice.below(1_500))).await;
            }
            2 => sleep(Duration::from_millis(dice.below(300))).await,
            _ => {
                for _ in 0..dice.below(30) {
                    let left = until.saturating_duration_since(Instant::now());
                    let pause = left.min(Duration::from_millis(100));
                    if timeout(pause, follower.read()).await.is_err() {
                        break;
                    }
                }
            }
        }
    }
    (follower, connections)
}
