use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    fn feed(&mut self, #[resource(default = 1)] amount: i32) {
        self.life += amount;
    }
}

fn main() {}
