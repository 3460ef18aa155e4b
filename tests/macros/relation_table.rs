//! The relation table and the routes generated from it.

use serde::{Deserialize, Serialize};
use sockful::store::OnDestroy;
use sockful::{Resource, Resources, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
}

#[derive(Serialize, Deserialize, Resource)]
#[serde(rename_all = "camelCase")]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
    #[resource(parent = Self, on_destroy = "detach", name = "cover")]
    cover_of_id: Option<String>,
    #[resource(parent = Album, unique, on_destroy = "restrict", name = "hit", plural = "hit")]
    hit_album_id: String,
}

const APP: Resources = resources![Song, Album];

#[test]
fn parent_row_has_the_names_of_its_routes() {
    let parents = Song::DEFINITION.parents.iter();
    let rows: Vec<_> = parents
        .map(|it| (it.property, it.of, it.is_optional, it.on_destroy, it.names))
        .collect();
    let names = [
        [
            "album",
            "byAlbum",
            "songs",
            "createSong",
            "getSong",
            "updateSong",
            "destroySong",
            "subscribeSongs",
        ],
        [
            "coverOf",
            "byCoverOf",
            "covers",
            "createCover",
            "getCover",
            "updateCover",
            "destroyCover",
            "subscribeCovers",
        ],
        [
            "hitAlbum",
            "byHitAlbum",
            "hit",
            "createHit",
            "getHit",
            "updateHit",
            "destroyHit",
            "subscribeHit",
        ],
    ];
    assert_eq!(
        rows,
        [
            (1, "album", false, OnDestroy::Cascade, names[0]),
            (2, "song", true, OnDestroy::Detach, names[1]),
            (3, "album", false, OnDestroy::Restrict, names[2]),
        ]
    );
    for (at, names) in names.into_iter().enumerate() {
        let of = [("song", "album"), ("song", "song"), ("song", "album")][at];
        for (nth, name) in names.into_iter().enumerate() {
            let resource = if nth < 2 { of.0 } else { of.1 };
            assert!(APP.find(resource, name).is_some(), "{resource} {name}");
        }
    }
}

#[test]
fn parent_properties_are_indexed() {
    let indexes = |property: &sockful::store::Property| (property.index, property.unique);
    let indexes: Vec<_> = Song::DEFINITION.properties.iter().map(indexes).collect();
    assert_eq!(
        indexes,
        [(false, false), (true, false), (true, false), (false, true)]
    );
}
