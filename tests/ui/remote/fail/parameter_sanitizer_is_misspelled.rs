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
        #[resource(sanitize(lowercase, trmi))] what: String,
    ) {
        self.life += 1;
        drop(what);
    }
}

fn main() {}
