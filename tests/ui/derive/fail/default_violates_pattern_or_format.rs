use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(default = "A", pattern = "^[a-z]$")]
    kind: String,
    #[resource(default = "nowhere", format = "email")]
    author: String,
}

fn main() {}
