use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[before(create)]
    fn check(&self) -> bool {
        self.life > 0
    }
}

fn main() {}
