use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[serde(rename(serialize = "kind", deserialize = "class"))]
    kind: String,
}

fn main() {}
