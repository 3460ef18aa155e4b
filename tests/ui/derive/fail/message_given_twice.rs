use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(length(1.., message = "is empty"), message = "is nothing")]
    kind: String,
}

fn main() {}
