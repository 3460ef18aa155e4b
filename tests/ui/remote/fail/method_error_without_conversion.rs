use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

struct Burnt;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(&mut self) -> Result<(), Burnt> {
        Err(Burnt)
    }
}

fn main() {}
