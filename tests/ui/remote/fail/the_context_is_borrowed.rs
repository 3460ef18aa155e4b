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
    pub fn feed(&mut self, amount: i32, ctx: Context) {}

    pub fn look(&self, what: sockful::Context) {}
}

fn main() {}
