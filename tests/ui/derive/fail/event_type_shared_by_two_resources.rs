use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, JsonSchema)]
struct Roar;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar))]
struct Creature {
    id: String,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar))]
struct Engine {
    id: String,
}

fn main() {}
