use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(pattern(7, message = "is odd"))]
    kind: String,
}

fn main() {}
