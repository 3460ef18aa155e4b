use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(only(get, find, get))]
struct Creature {
    id: String,
}

fn main() {}
