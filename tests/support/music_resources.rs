//! Resources with every kind of relation.

use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};

/// All resources of this module.
pub(crate) const MUSIC: Resources =
    resources![Artist, Album, Song, Playlist, Entry, Review, Category];

#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Artist {
    id: String,
    #[resource(default)]
    n: i64,
}

#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Album {
    id: String,
    #[resource(default)]
    n: i64,
    #[resource(parent = Artist)]
    artist_id: String,
}

#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Song {
    id: String,
    #[resource(default)]
    n: i64,
    #[resource(parent = Album)]
    album_id: String,
    #[resource(parent = Album, on_destroy = "detach", name = "bonus", plural = "bonuses")]
    bonus_album_id: Option<String>,
    #[resource(unique)]
    code: Option<i64>,
}

#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Playlist {
    id: String,
    #[resource(default)]
    n: i64,
}

/// A song in a playlist. The song cannot be destroyed while its entry exists.
#[derive(Serialize, Deserialize, Resource)]
#[resource(plural = "entries")]
pub(crate) struct Entry {
    id: String,
    #[resource(default)]
    n: i64,
    #[resource(parent = Playlist)]
    playlist_id: String,
    #[resource(parent = Song, on_destroy = "restrict")]
    song_id: String,
}

/// A review, which is detached when its album is destroyed.
#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Review {
    id: String,
    #[resource(default)]
    n: i64,
    #[resource(parent = Album, on_destroy = "detach")]
    album_id: Option<String>,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(plural = "categories")]
pub(crate) struct Category {
    id: String,
    #[resource(default)]
    n: i64,
    #[resource(parent = Self, name = "part")]
    within_id: Option<String>,
}
