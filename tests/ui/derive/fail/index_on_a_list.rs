use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(index)]
    tags: Option<Vec<u8>>,
}

fn main() {}
