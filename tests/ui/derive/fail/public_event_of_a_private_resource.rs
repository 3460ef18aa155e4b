use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, JsonSchema)]
pub struct Roar;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar))]
struct Creature {
    id: String,
}

fn main() {}
