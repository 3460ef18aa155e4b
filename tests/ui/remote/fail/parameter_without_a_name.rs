use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(&mut self, (amount, more): (i32, i32)) {
        self.life += amount + more;
    }

    pub fn ignore(&self, _: i32) {}
}

fn main() {}
