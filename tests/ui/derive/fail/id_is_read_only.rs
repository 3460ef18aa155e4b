use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[resource(read_only)]
    id: String,
}

fn main() {}
