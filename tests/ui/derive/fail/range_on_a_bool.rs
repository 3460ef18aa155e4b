use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(range(0..=1))]
    tame: bool,
}

fn main() {}
