use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[resource(sanitize(trim))]
    id: String,
}

fn main() {}
