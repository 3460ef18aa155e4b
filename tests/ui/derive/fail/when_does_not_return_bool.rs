use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(range(0..), when = Self::wildness)]
    life: i32,
}

impl Creature {
    fn wildness(&self) -> i32 {
        self.life
    }
}

fn main() {}
