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
    pub fn feed(&mut self, #[payload] meal: Meal, #[payload] more: Meal) {
        self.life += meal.amount + more.amount;
    }
}

fn main() {}
