use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize)]
struct Roar;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar))]
struct Creature {
    id: String,
}

fn main() {}
