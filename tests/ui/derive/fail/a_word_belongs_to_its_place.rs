use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(plural = "lives")]
    life: i32,
}

fn main() {}
