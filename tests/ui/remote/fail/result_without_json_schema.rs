use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize)]
struct Weight(u32);

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn weigh(&self) -> Weight {
        Weight(1)
    }

    pub fn weights(&mut self) -> sockful::Result<Vec<Weight>> {
        Ok(Vec::new())
    }
}

fn main() {}
