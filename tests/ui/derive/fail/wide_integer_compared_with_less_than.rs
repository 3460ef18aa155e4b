use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(wide)]
    gold: u64,
}

fn main() {
    let _ = Creature::FIELDS.gold.lt(7);
}
