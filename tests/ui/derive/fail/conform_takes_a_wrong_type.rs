use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(conform = is_even)]
    life: i32,
}

fn is_even(life: &str) -> bool {
    life.is_empty()
}

fn main() {}
