use serde::{Deserialize, Serialize};
use sockful::Resource;

struct Album {
    _id: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
}

fn main() {}
