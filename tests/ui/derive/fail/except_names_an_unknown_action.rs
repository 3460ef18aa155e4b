use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(except(destory))]
struct Creature {
    id: String,
}

fn main() {}
