use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(when = Self::is_wild)]
    life: i32,
}

impl Creature {
    fn is_wild(&self) -> bool {
        true
    }
}

fn main() {}
