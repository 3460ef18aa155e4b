use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, JsonSchema)]
struct Roar;

#[derive(Serialize, JsonSchema)]
struct Growl;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar, roared = Growl))]
struct Creature {
    id: String,
}

fn main() {}
