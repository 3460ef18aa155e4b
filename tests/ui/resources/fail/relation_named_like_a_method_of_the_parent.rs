use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, remote, resources};

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

#[remote]
impl Album {
    pub fn songs(&self) {}
}

const APP: Resources = resources![Album, Song];

fn main() {}
