//! A type of the application may have the name of a type of `sockful`.

#![deny(warnings)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Context {
    line: u32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
}

#[remote]
impl Creature {
    pub fn look(&self, at: Context) -> u32 {
        at.line
    }
}

fn main() {}
