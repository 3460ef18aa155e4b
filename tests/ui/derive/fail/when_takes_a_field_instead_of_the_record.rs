use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(range(0..), when = is_wild)]
    life: i32,
}

fn is_wild(life: &i32) -> bool {
    *life > 0
}

fn main() {}
