use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

struct Meal;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(&mut self, meal: Meal) {
        let _ = meal;
    }
}

fn main() {}
