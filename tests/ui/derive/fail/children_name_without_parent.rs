use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(name = "track")]
    title: String,
}

fn main() {}
