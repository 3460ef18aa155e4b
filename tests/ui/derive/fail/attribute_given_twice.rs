use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(default = 10)]
    #[resource(default)]
    life: i32,
}

fn main() {}
