use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, JsonSchema)]
struct Roar;

#[derive(Serialize, JsonSchema)]
struct Growl;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(updated = Roar, error = Growl))]
struct Creature {
    id: String,
}

fn main() {}
