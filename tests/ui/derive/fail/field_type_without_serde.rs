use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Deserialize, schemars::JsonSchema)]
struct Scale(u8);

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    scale: Scale,
}

fn main() {}
