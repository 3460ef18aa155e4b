use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature<T> {
    id: String,
    bag: T,
}

fn main() {}
