use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(said = String))]
struct Creature {
    id: String,
}

fn main() {}
