use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(JsonSchema)]
struct Roar;

struct Nap;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar, slept = Nap))]
struct Creature {
    id: String,
}

fn main() {}
