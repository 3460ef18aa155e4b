use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed(&mut self, #[resource(default = 1)] context: &sockful::Context) {
        self.life += i32::from(context.peer().is_some());
    }
}

fn main() {}
