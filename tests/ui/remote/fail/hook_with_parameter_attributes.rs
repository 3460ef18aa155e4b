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
    #[before(create)]
    fn check(&self, #[resource(default)] context: &Context) {}
}

fn main() {}
