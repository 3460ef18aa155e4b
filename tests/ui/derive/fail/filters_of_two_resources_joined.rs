use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
}

fn main() {
    let _ = Creature::FIELDS.life.eq(1) & Album::FIELDS.id.eq("x");
}
