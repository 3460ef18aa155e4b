use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
enum Creature {
    Dragon { id: String },
}

fn main() {}
