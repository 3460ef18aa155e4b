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
        #[resource(range(5..1))] amount: i32,
    ) {
        self.life += 1;
        drop(amount);
    }
}

fn main() {}
