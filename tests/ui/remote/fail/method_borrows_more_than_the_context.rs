use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(&mut self, meal: &str, cook: &Creature) {
        let _ = (meal, cook);
    }
}

fn main() {}
