use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(name)]
struct Creature {
    id: String,
    #[resource(default =)]
    life: i32,
}

fn main() {}
