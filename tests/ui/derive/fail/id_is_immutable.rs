use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[resource(immutable)]
    id: String,
    name: String,
}

fn main() {}
