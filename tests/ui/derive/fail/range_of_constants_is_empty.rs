use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(range(MOST..=LEAST))]
    life: i32,
}

const LEAST: i32 = 1;
const MOST: i32 = 20;

fn main() {}
