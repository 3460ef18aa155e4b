use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(created_at, parent = Album)]
    album_id: u64,
}

fn main() {}
