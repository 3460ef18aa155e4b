use serde::{Deserialize, Serialize};
use sockful::{Resource, Result, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[before(create)]
    fn check(&self) -> Result<i32> {
        Ok(self.life)
    }
}

fn main() {}
