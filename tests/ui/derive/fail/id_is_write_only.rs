use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[resource(write_only)]
    id: String,
    name: String,
}

fn main() {}
