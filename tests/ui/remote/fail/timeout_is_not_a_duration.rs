use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[remote(timeout = "5 seconds")]
    pub fn feed(&mut self) {}

    #[remote(timeout = 5)]
    pub fn look(&self) {}
}

fn main() {}
