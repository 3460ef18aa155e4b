use serde::{Deserialize, Serialize};
use sockful::{Filter, Resource};

#[derive(Serialize, Deserialize, Resource)]
struct Artist {
    id: String,
    name: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    year: i64,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    playing: bool,
    #[resource(parent = Album)]
    album_id: String,
}

fn through_parent() -> Filter<Song> {
    Song::FIELDS.album_id.parent(Artist::FIELDS.name.eq("Miles"))
}

fn main() {}
