use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[resource(id, default = "bob")]
    name: String,
}

fn main() {}
