use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Deserialize, schemars::JsonSchema)]
struct Meal {
    amount: i32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[payload]
    pub fn feed(&mut self, meal: i32) {
        self.life += meal;
    }
}

fn main() {}
