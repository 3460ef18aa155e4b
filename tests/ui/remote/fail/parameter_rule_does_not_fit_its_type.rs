use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(
        &mut self,
        #[resource(range(1..=5))] amount: String,
    ) {
        self.life += 1;
        drop(amount);
    }
}

fn main() {}
