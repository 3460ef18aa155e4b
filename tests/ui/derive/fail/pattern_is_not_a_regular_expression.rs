use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(pattern = "^[a-z+$")]
    kind: String,
}

fn main() {}
