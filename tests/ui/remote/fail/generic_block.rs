use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl<'a> Creature {
    pub fn feed(&mut self) {
        self.life += 1;
    }
}

fn main() {}
