use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    songs: u32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
}

const APP: Resources = resources![Album, Song];

fn main() {}
