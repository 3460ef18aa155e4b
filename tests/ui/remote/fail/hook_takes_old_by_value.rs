#![allow(unused_variables)]

use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[before(update)]
    fn check(&self, old: Self) {}
}

fn main() {}
