use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource, schemars::JsonSchema)]
struct Creature {
    id: String,
    #[resource(private, default)]
    secret: String,
}

fn main() {}
