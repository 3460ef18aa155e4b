use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

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
    pub fn feed(&mut self, #[payload] meal: Meal) {
        self.life += meal.amount;
    }
}

fn main() {}
