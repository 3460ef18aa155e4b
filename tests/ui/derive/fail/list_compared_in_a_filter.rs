use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    tags: Vec<u8>,
}

fn main() {
    let _ = Creature::FIELDS.tags.eq(vec![1]);
}
