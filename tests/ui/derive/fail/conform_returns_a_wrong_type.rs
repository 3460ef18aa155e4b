use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(conform = half)]
    life: i32,
}

fn half(life: &i32) -> i32 {
    life / 2
}

fn main() {}
