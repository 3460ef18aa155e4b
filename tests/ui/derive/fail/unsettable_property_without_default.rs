use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(read_only)]
    age: u32,
    #[resource(read_only)]
    mood: Option<String>,
    #[resource(private, default)]
    secret: String,
}

fn main() {}
