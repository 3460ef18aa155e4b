use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    tame: bool,
}

fn main() {
    let _ = Creature::FIELDS.tame.gt(false);
}
