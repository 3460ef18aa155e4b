use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(copied = Self))]
struct Creature {
    id: String,
    #[resource(private)]
    secret: Option<String>,
}

fn main() {}
