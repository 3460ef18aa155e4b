use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = (u8, u8)))]
struct Creature {
    id: String,
}

fn main() {}
