#![allow(unused_variables)]

use serde::{Deserialize, Serialize};
use sockful::{Context, Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    #[before(update)]
    fn check(&self, context: &Context, previous: &Self) {}
}

fn main() {}
