use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[resource(wide)]
    id: u64,
    name: String,
}

fn main() {}
