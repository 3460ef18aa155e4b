use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn update(&mut self) {}

    #[remote(name = "subscribe")]
    pub fn follow(&self) {}
}

fn main() {}
