use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(name = Beast)]
struct Creature {
    id: String,
}

fn main() {}
