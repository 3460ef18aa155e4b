use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(rev)]
    one: u64,
    #[resource(rev)]
    other: u64,
}

fn main() {}
