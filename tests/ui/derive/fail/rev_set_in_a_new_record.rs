use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(rev)]
    revision: u64,
}

fn main() {
    let _ = NewCreature { id: None, revision: 7 };
}
