use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(new = "Egg")]
struct Creature {
    id: String,
}

fn main() {}
