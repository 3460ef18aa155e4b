use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Creature
where
    String: Clone,
{
    id: String,
}

fn main() {}
