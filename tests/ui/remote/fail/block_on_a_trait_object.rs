use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

trait Beast {}

#[remote]
impl dyn Beast {
    pub fn feed(&mut self) {}
}

fn main() {}
