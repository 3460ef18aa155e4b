use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(pattern = "^a")]
    tags: Vec<String>,
}

fn main() {}
