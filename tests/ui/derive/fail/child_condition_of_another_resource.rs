use serde::{Deserialize, Serialize};
use sockful::{Filter, Resource};

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    year: i64,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
}

fn over_children() -> Filter<Album> {
    Song::FIELDS.album_id.some(Album::FIELDS.year.lt(1960))
}

fn main() {}
