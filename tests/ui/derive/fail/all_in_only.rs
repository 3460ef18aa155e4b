use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(only(get, all))]
struct Creature {
    id: String,
}

fn main() {}
