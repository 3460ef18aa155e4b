use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn eat(self) {}

    pub fn boxed(self: Box<Self>) {}

    pub fn changed(mut self) {
        self.life = 0;
    }
}

fn main() {}
