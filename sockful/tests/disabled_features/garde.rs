use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
struct Address {
    city: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Person {
    id: String,
    #[resource(nested)]
    address: Address,
}

fn main() {}
