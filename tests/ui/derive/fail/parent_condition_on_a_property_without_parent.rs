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
    album_id: String,
}

fn through_parent() -> Filter<Song> {
    Song::FIELDS.album_id.parent(Album::FIELDS.year.lt(1960))
}

fn main() {}
