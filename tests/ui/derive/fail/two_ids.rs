use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[resource(id)]
    name: String,
    #[resource(id)]
    number: u32,
}

fn main() {}
