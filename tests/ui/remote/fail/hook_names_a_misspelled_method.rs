use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[after(fed)]
    fn check(&self) {}

    pub fn feed(&mut self) {}
}

fn main() {}
