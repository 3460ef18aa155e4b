use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
}

const APP: Resources = resources![Song];

fn main() {}
