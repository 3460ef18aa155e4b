use serde::{Deserialize, Serialize};
use sockful::{Resource, before};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

impl Creature {
    #[before(create)]
    fn check(&self) {}
}

fn main() {}
