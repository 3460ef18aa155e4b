//! Typed queries and JSON queries return the same records.

mod property_filter;
mod random_query;

use crate::support::{Checkpoints, Client, TestServer, for_random_values};
use proptest::prelude::*;
use random_query::{QueryForms, random_query};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, Server, ServerHandle, resources};

/// A resource with a property of each kind that filters support, half of them indexed.
#[derive(Clone, Debug, Serialize, Deserialize, Resource)]
struct Thing {
    id: u32,
    #[resource(index)]
    name: String,
    nick: Option<String>,
    life: i64,
    #[resource(index)]
    weight: Option<f64>,
    #[resource(index)]
    tame: bool,
    #[resource(wide, index)]
    gold: u64,
    #[resource(wide)]
    debt: Option<i128>,
}

const THINGS: Resources = resources![Thing];

const NAMES: [&str; 6] = ["", "a", "ab", "b", "\u{e9}", "🐉"];
const LIVES: [i64; 5] = [-(1 << 53) + 1, -1, 0, 7, (1 << 53) - 1];
const WEIGHTS: [f64; 4] = [-1.5, 0.0, 0.5, 1e300];
const GOLD: [u64; 3] = [0, 7, u64::MAX];
const DEBTS: [i128; 3] = [i128::MIN, 7, i128::MAX];

/// Creates a record; the combinations of values vary with the id.
fn thing(id: u32) -> Thing {
    let at = |prime: u32, room: usize| ((id * prime + id * id / 3) as usize) % room;
    Thing {
        id,
        name: NAMES[at(1, 6)].to_owned(),
        nick: NAMES.get(at(5, 8)).map(|&name| name.to_owned()),
        life: LIVES[at(7, 5)],
        weight: WEIGHTS.get(at(11, 5)).copied(),
        tame: at(13, 2) == 0,
        gold: GOLD[at(17, 3)],
        debt: DEBTS.get(at(19, 4)).copied(),
    }
}

struct World {
    things: Vec<Thing>,
    handle: ServerHandle,
    client: Client,
    _server: TestServer,
}

async fn world() -> World {
    let things: Vec<Thing> = (0..60).map(thing).collect();
    let handle = Server::new(THINGS)
        .open()
        .await
        .expect("a memory store opens");
    let server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let mut client = server.client().await;
    for thing in &things {
        client.ok("thing", "create", wire(thing)).await;
    }
    World {
        things,
        handle,
        client,
        _server: server,
    }
}

/// The thing as a client writes it.
fn wire(thing: &Thing) -> Value {
    let mut value = json!({
        "id": thing.id, "name": thing.name, "nick": thing.nick, "life": thing.life,
        "weight": thing.weight, "tame": thing.tame, "gold": thing.gold.to_string(),
    });
    value["debt"] = json!(thing.debt.map(|debt| debt.to_string()));
    value
}

#[test]
fn typed_and_json_queries_find_the_same_records() {
    for_random_values(300, &random_query(), world, async |world, query| {
        let QueryForms {
            filter,
            mut json,
            holds,
        } = query.forms(&world.things);
        let those = world.things.iter().zip(holds).filter(|(_, holds)| *holds);
        let expected: Vec<u32> = those.map(|(thing, _)| thing.id).collect();
        let typed = world.handle.records::<Thing>().find(filter).await;
        let typed: Vec<u32> = typed
            .expect("a list")
            .iter()
            .map(|thing| thing.id)
            .collect();
        prop_assert_eq!(&typed, &expected, "typed, for {}", json);
        json["$limit"] = json!(1_000);
        let found = world.client.ok("thing", "find", json.clone()).await;
        let found = found.as_array().expect("a list").iter();
        let found: Vec<_> = found.map(|thing| thing["id"].as_u64()).collect();
        let expected: Vec<_> = expected.iter().map(|&id| Some(u64::from(id))).collect();
        prop_assert_eq!(found, expected, "on the wire, for {}", json);
        Ok(())
    });
}
