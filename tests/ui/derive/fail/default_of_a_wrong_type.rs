use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(default = "ten")]
    life: i32,
    #[resource(default = 7)]
    kind: String,
}

fn main() {}
