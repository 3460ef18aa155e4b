use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn feed_all() {}

    #[remote(name = "feedAll")]
    pub fn feed_them() {}
}

fn main() {}
