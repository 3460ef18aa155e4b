use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(name = "my creature")]
struct Creature {
    id: String,
}

fn main() {}
