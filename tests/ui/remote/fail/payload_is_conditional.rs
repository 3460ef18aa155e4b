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
    pub fn feed(&mut self, #[cfg_attr(all(), payload)] meal: Meal) {
        self.life += meal.amount;
    }
}

fn main() {}
