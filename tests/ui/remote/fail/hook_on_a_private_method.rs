use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[after(grow)]
    fn check(&self) {}

    fn grow(&mut self) {}
}

fn main() {}
