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
    #[before(look)]
    fn check(old: &Self) {}

    pub fn look(&self) {}
}

fn main() {}
