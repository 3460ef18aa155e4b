use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(range(0..=256))]
    life: u8,
    #[resource(range(-1..))]
    age: Option<u32>,
}

fn main() {}
