use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, JsonSchema)]
struct Roar;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event())]
struct Creature {
    id: String,
}

fn main() {}
