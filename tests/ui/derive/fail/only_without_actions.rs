use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(only())]
struct Creature {
    id: String,
}

fn main() {}
