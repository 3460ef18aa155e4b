use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(
        &mut self,
        #[resource(format = "datetime")] at: String,
    ) {
        self.life += 1;
        drop(at);
    }
}

fn main() {}
