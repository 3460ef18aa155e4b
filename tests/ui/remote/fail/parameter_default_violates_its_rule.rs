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
        #[resource(default = 6, range(1..=5))] amount: i32,
    ) {
        self.life += 1;
        drop(amount);
    }
}

fn main() {}
