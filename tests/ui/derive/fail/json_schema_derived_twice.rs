use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource, schemars::JsonSchema)]
struct Creature {
    id: String,
}

fn main() {}
