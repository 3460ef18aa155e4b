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
    #[resource(parent = self::Album)]
    bonus_album_id: Option<String>,
}

const APP: Resources = resources![Album, Song];

fn main() {}
