use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(page(20))]
struct Creature {
    id: String,
}

fn main() {}
