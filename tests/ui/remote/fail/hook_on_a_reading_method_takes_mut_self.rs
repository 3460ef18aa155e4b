use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[before(look)]
    fn check(&mut self) {}

    pub fn look(&self) {}
}

fn main() {}
