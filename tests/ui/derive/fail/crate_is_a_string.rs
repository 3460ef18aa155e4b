use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(crate = "sockful")]
struct Creature {
    id: String,
}

fn main() {}
