//! Timestamps and revisions under random writes and clock changes.

use crate::support::{Client, TestServer, for_random_values, sample_resources, unix_time};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use sockful::Server;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const IDS: [&str; 2] = ["bob", "larry"];
const ACTIONS: [&str; 7] = [
    "create", "update", "save", "earn", "forge", "check", "destroy",
];

/// An action on one of two records at some time. There are few values, so that some actions change nothing.
#[derive(Clone, Debug)]
struct Step {
    time: u64,
    action: &'static str,
    id: &'static str,
    value: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let time = prop_oneof![0..20_u64, 0..2_000_000_000_000_u64];
    let step = (time, select(&ACTIONS[..]), select(&IDS[..]), 0..3_u8);
    let step = step.prop_map(|(time, action, id, value)| Step {
        time,
        action,
        id,
        value,
    });
    vec(step, 1..24)
}

impl Step {
    fn payload(&self) -> Value {
        let Self { id, value, .. } = self;
        match self.action {
            "earn" => json!({"id": id, "gold": value.to_string()}),
            "check" => json!({"id": id, "password": "hush"}),
            "forge" | "destroy" => json!({"id": id}),
            _ => json!({"id": id, "points": value}),
        }
    }
}

struct World {
    clock: Arc<AtomicU64>,
    client: Client,
    _server: TestServer,
}

async fn world() -> World {
    let clock = Arc::new(AtomicU64::new(0));
    let time = Arc::clone(&clock);
    let server = Server::new(sample_resources::ACCOUNTS)
        .clock(move || unix_time(time.load(Ordering::Relaxed)));
    let server = TestServer::serve(server).await;
    World {
        clock,
        client: server.client().await,
        _server: server,
    }
}

/// Returns both accounts, `null` for one that does not exist.
async fn both(client: &mut Client) -> [Value; 2] {
    let both = client.ok("account", "get", json!({"id": IDS})).await;
    [both[0].clone(), both[1].clone()]
}

fn managed(account: &Value) -> [u64; 3] {
    ["since", "touched", "revision"].map(|name| account[name].as_u64().expect("a number"))
}

#[test]
fn timestamps_and_rev_follow_commits_and_the_clock() {
    for_random_values(40, &steps(), world, async |world, steps| {
        let World { clock, client, .. } = world;
        for id in IDS {
            client.reply("account", "destroy", json!({"id": id})).await;
        }
        for step in steps {
            clock.store(step.time, Ordering::Relaxed);
            let (before, head) = (both(client).await, client.head().await);
            let reply = client.reply("account", step.action, step.payload()).await;
            let (after, committed) = (both(client).await, client.head().await);
            for ((id, before), after) in IDS.into_iter().zip(before).zip(after) {
                let is_changed = id == step.id && committed > head;
                if !is_changed {
                    prop_assert_eq!(&after, &before, "{:?}: {}", step, reply);
                    continue;
                }
                prop_assert_eq!(committed, head + 1, "{:?}", step);
                prop_assert_eq!(after.is_null(), step.action == "destroy", "{:?}", step);
                if after.is_null() {
                    continue;
                }
                let [since, touched, revision] = managed(&after);
                prop_assert_eq!(revision, committed, "{:?}", step);
                prop_assert_eq!(&reply["rev"], &json!(committed), "{:?}: {}", step, reply);
                if before.is_null() {
                    prop_assert_eq!([since, touched], [step.time; 2], "{:?}", step);
                } else {
                    let [was_since, was_touched, _] = managed(&before);
                    prop_assert_eq!(since, was_since, "{:?}", step);
                    // A time far in the future was set by a wrong clock.
                    let is_wrong = was_touched > step.time + 5 * 60 * 1_000;
                    let expected = was_touched.max(step.time);
                    let expected = if is_wrong { step.time } else { expected };
                    prop_assert_eq!(touched, expected, "{:?}", step);
                }
            }
        }
        Ok(())
    });
}
