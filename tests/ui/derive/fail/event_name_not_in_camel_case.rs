use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, JsonSchema)]
struct Nap;

#[derive(Serialize, JsonSchema)]
struct Roar;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(fell_asleep = Nap, Roared = Roar))]
struct Creature {
    id: String,
}

fn main() {}
