use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(length(1..))]
    born: uuid_like::Uuid,
}

mod uuid_like {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Uuid(u64);
}

fn main() {}
