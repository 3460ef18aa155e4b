use serde::{Deserialize, Serialize};
use sockful::{Filter, Resource};

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    year: i64,
    #[resource(parent = Self, name = "sequel")]
    after_id: Option<String>,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    playing: bool,
    #[resource(parent = Album)]
    album_id: String,
}

fn songs() -> Filter<Song> {
    let early = Album::FIELDS.year.lt(1960);
    let sequel = Album::FIELDS.after_id.parent(early.clone());
    Song::FIELDS.album_id.parent(early | sequel) & Song::FIELDS.album_id.ne("kob")
}

fn albums() -> Filter<Album> {
    let playing = Song::FIELDS.playing.eq(true);
    Song::FIELDS.album_id.some(playing.clone()) | Song::FIELDS.album_id.none(playing)
}

fn main() {
    let _ = (songs(), albums(), Song::FIELDS.album_id.ascending());
}
