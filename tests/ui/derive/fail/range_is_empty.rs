use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(range(5..=1))]
    life: i32,
    #[resource(range(3..3))]
    age: i32,
}

fn main() {}
