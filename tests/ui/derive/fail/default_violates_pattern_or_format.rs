use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(default = "A", pattern = "^[a-z]$")]
    kind: String,
    #[resource(default = "absent", format = "email")]
    author: String,
}

fn main() {}
