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
impl Song {
    pub fn by_album() {}
}

const APP: Resources = resources![Album, Song];

fn main() {}
