//! Conditions over relations: on parents, on children, and on what these relate to.

use crate::support::{Client, TestServer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, Server, resources};

pub(super) const RESOURCES: Resources = resources![Artist, Album, Song, Label];

#[derive(Serialize, Deserialize, Resource)]
pub(super) struct Artist {
    pub(super) id: String,
    #[resource(index)]
    name: String,
}

#[derive(Serialize, Deserialize, Resource)]
pub(super) struct Album {
    pub(super) id: String,
    #[resource(index)]
    pub(super) year: i64,
    #[resource(default)]
    title: String,
    #[resource(parent = Artist, on_destroy = "detach")]
    pub(super) artist_id: Option<String>,
    #[resource(private, default = "vault")]
    shelf: String,
    #[resource(write_only)]
    pass: Option<String>,
}

#[derive(Serialize, Deserialize, Resource)]
pub(super) struct Song {
    pub(super) id: String,
    #[resource(default, index)]
    pub(super) playing: bool,
    #[resource(default)]
    pub(super) plays: i64,
    #[resource(parent = Album, on_destroy = "detach")]
    pub(super) album_id: Option<String>,
    #[resource(parent = Label, on_destroy = "detach")]
    label_id: Option<String>,
}

/// Its records are not served to clients.
#[derive(Serialize, Deserialize, Resource)]
#[resource(only(create))]
struct Label {
    id: String,
    #[resource(default)]
    name: String,
}

/// Two albums of Miles, one of Nina and one of unknown origin; songs of three of them and one of none.
async fn music() -> (TestServer, Client) {
    let server = TestServer::serve(Server::new(RESOURCES)).await;
    let mut client = server.client().await;
    fill(&mut client).await;
    (server, client)
}

pub(super) async fn fill(client: &mut Client) {
    for (id, name) in [("miles", "Miles Davis"), ("nina", "Nina Simone")] {
        let artist = json!({"id": id, "name": name});
        client.ok("artist", "create", artist).await;
    }
    for (id, year, artist) in [
        ("kob", 1959, Some("miles")),
        ("bitches", 1970, Some("miles")),
        ("pastel", 1965, Some("nina")),
        ("found", 1950, None),
    ] {
        let album = json!({"id": id, "year": year, "artist_id": artist, "title": id});
        client.ok("album", "create", album).await;
    }
    for (id, album, playing, plays) in [
        ("blue", Some("kob"), true, 9),
        ("so-what", Some("kob"), false, 7),
        ("spanish", Some("bitches"), false, 3),
        ("sinner", Some("pastel"), true, 5),
        ("single", None, true, 1),
    ] {
        let song = json!({"id": id, "album_id": album, "playing": playing, "plays": plays});
        client.ok("song", "create", song).await;
    }
}

pub(super) fn ids(records: &Value) -> Vec<&str> {
    let records = records.as_array().expect("a list");
    let ids = records.iter().map(|record| record["id"].as_str());
    ids.map(|id| id.expect("an id")).collect()
}

/// Checks the records that match, in a list and in a count.
async fn assert_found(client: &mut Client, cases: &[(&str, Value, &[&str])]) {
    for (resource, conditions, expected) in cases {
        let found = client.ok(resource, "find", conditions.clone()).await;
        assert_eq!(ids(&found), *expected, "{resource} {conditions}");
        let count = client.ok(resource, "count", conditions.clone()).await;
        assert_eq!(count, expected.len(), "{resource} {conditions}");
    }
}

#[tokio::test]
pub(crate) async fn parent_condition_matches_its_children() {
    let (_server, mut client) = music().await;
    assert_found(
        &mut client,
        &[
            ("song", json!({"album.year": 1959}), &["blue", "so-what"]),
            (
                "song",
                json!({"album.year": {"$lt": 1960}}),
                &["blue", "so-what"],
            ),
            (
                "song",
                json!({"album.title": {"$prefix": "b"}}),
                &["spanish"],
            ),
            (
                "song",
                json!({"album.id": {"$in": ["kob", "none"]}}),
                &["blue", "so-what"],
            ),
            (
                "song",
                json!({"album.year": {"$gt": 1950, "$lte": 1965}, "plays": {"$gte": 7}}),
                &["blue", "so-what"],
            ),
            ("song", json!({"album.year": {"$lt": 1900}}), &[]),
        ],
    )
    .await;
}

#[tokio::test]
pub(crate) async fn null_parent_meets_only_negations() {
    let (_server, mut client) = music().await;
    assert_found(
        &mut client,
        &[
            (
                "song",
                json!({"album.year": {"$ne": 1959}}),
                &["sinner", "spanish"],
            ),
            (
                "song",
                json!({"$not": {"album.year": 1959}}),
                &["single", "sinner", "spanish"],
            ),
            (
                "song",
                json!({"$not": {"album.id": {"$ne": null}}}),
                &["single"],
            ),
            // A parent without its own parent exists, but has no such property.
            (
                "album",
                json!({"artist.name": {"$ne": "x"}}),
                &["bitches", "kob", "pastel"],
            ),
            ("album", json!({"artist.name": null}), &[]),
        ],
    )
    .await;
}

#[tokio::test]
pub(crate) async fn child_condition_matches_its_parents() {
    let (_server, mut client) = music().await;
    assert_found(
        &mut client,
        &[
            ("album", json!({"songs": {"$some": {"playing": true}}}), &["kob", "pastel"]),
            ("album", json!({"songs": {"$none": {"playing": true}}}), &["bitches", "found"]),
            ("album", json!({"songs": {"$some": {}}}), &["bitches", "kob", "pastel"]),
            ("album", json!({"songs": {"$none": {}}}), &["found"]),
            // Both conditions are met by one song, or each by some song.
            (
                "album",
                json!({"songs": {"$some": {"playing": true, "plays": 7}}}),
                &[],
            ),
            (
                "album",
                json!({"songs": {"$some": {"playing": true}}, "$and": [{"songs": {"$some": {"plays": 7}}}]}),
                &["kob"],
            ),
            (
                "album",
                json!({"songs": {"$some": {"plays": {"$gt": 4}}, "$none": {"playing": false}}}),
                &["pastel"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
pub(crate) async fn conditions_reach_through_two_relations() {
    let (_server, mut client) = music().await;
    assert_found(
        &mut client,
        &[
            (
                "song",
                json!({"album.artist.name": {"$prefix": "Miles"}}),
                &["blue", "so-what", "spanish"],
            ),
            (
                "artist",
                json!({"albums": {"$some": {"songs": {"$some": {"plays": 3}}}}}),
                &["miles"],
            ),
            (
                "artist",
                json!({"albums": {"$none": {"songs": {"$none": {"playing": true}}}}}),
                &["nina"],
            ),
            // The other songs of the same album.
            (
                "song",
                json!({"album.songs": {"$some": {"playing": true}}, "playing": false}),
                &["so-what"],
            ),
            (
                "album",
                json!({"songs": {"$some": {"album.year": {"$gte": 1965}}}}),
                &["bitches", "pastel"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
pub(crate) async fn relation_conditions_combine_with_others() {
    let (_server, mut client) = music().await;
    assert_found(
        &mut client,
        &[
            (
                "song",
                json!({"$or": [{"album.year": 1970}, {"plays": 1}]}),
                &["single", "spanish"],
            ),
            (
                "song",
                json!({"$and": [{"album.year": {"$lt": 1966}}, {"$not": {"album.artist.name": "Miles Davis"}}]}),
                &["sinner"],
            ),
            (
                "album",
                json!({"$not": {"$or": [{"songs": {"$some": {"playing": true}}}, {"year": 1950}]}}),
                &["bitches"],
            ),
        ],
    )
    .await;
    let sorted = json!({"album.year": {"$gt": 0}, "$sort": {"plays": -1}, "$limit": 2});
    let reply = client.reply("song", "find", sorted).await;
    assert_eq!(ids(&reply["ok"]), ["blue", "so-what"]);
    let rest = json!({"album.year": {"$gt": 0}, "$sort": {"plays": -1}, "$after": reply["next"]});
    let rest = client.ok("song", "find", rest).await;
    assert_eq!(ids(&rest), ["sinner", "spanish"]);
    let with = json!({"songs": {"$some": {"plays": 3}}, "$with": ["songs"], "$select": ["id"]});
    let with = client.ok("album", "find", with).await;
    assert_eq!(
        (ids(&with), ids(&with[0]["songs"])),
        (vec!["bitches"], vec!["spanish"])
    );
}

#[tokio::test]
pub(crate) async fn relation_routes_accept_relation_conditions() {
    let (_server, mut client) = music().await;
    let albums = json!({"artist_id": "miles", "songs": {"$some": {"playing": true}}});
    assert_eq!(ids(&client.ok("artist", "albums", albums).await), ["kob"]);
    let songs = json!({"album_id": "kob", "album.artist.id": "miles", "playing": true});
    assert_eq!(ids(&client.ok("song", "byAlbum", songs).await), ["blue"]);
}

/// Checks the path and the message of each refusal, in a list and in a count.
async fn assert_refused(cases: &[(&str, Value, &str, &str)]) {
    let (_server, mut client) = music().await;
    for (resource, conditions, path, message) in cases {
        for action in ["find", "count"] {
            let error = client.err(resource, action, conditions.clone()).await;
            assert_eq!(
                (&error["code"], &error["path"], &error["message"]),
                (&json!("invalid_query"), &json!(path), &json!(message)),
                "{conditions}"
            );
        }
    }
}

#[tokio::test]
pub(crate) async fn unknown_name_in_relation_condition_is_rejected() {
    assert_refused(&[
        (
            "song",
            json!({"albm.year": 1}),
            "albm.year",
            "`song` has no relation `albm`; did you mean `album`?",
        ),
        (
            "song",
            json!({"album.yaer": 1}),
            "album.yaer",
            "`album` has no property `yaer`; did you mean `year`?",
        ),
        (
            "album",
            json!({"song": {"$some": {}}}),
            "song",
            "`album` has no property `song`; did you mean `songs`?",
        ),
        (
            "song",
            json!({"album.shelf": "vault"}),
            "album.shelf",
            "`album` has no property `shelf`",
        ),
        (
            "song",
            json!({"album.pass": null}),
            "album.pass",
            "`pass` is never sent, so it can't be queried",
        ),
        // The records at the other end are not served.
        (
            "song",
            json!({"label.name": "x"}),
            "label.name",
            "`song` has no relation `label`",
        ),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn malformed_relation_condition_is_rejected() {
    assert_refused(&[
        (
            "song",
            json!({"$or": [{"album.year": "x"}]}),
            "$or[0].album.year",
            "`year` must be compared with a number",
        ),
        (
            "song",
            json!({"album": "kob"}),
            "album",
            "`album` is the `album` of a record; write one of its properties, such as `album.id`",
        ),
        (
            "album",
            json!({"songs": {"$any": {}}}),
            "songs.$any",
            "`$any` is not an operator; write one of `$some` `$none`",
        ),
        (
            "album",
            json!({"songs": {"playing": true}}),
            "songs.playing",
            "`songs` are several records; write {\"songs\": {\"$some\": {\"playing\": …}}}",
        ),
        (
            "album",
            json!({"songs.playing": true}),
            "songs.playing",
            "`songs` are several records; write {\"songs\": {\"$some\": …}}",
        ),
        (
            "album",
            json!({"songs": true}),
            "songs",
            "`songs` must be an object such as {\"$some\": {…}}, because `songs` are several records",
        ),
        (
            "album",
            json!({"songs": {}}),
            "songs",
            "`songs` needs an operator, one of `$some` `$none`",
        ),
        (
            "album",
            json!({"year": {"$some": {}}}),
            "year.$some",
            "`$some` applies to the children of a record; `year` is a property",
        ),
        (
            "album",
            json!({"$some": {}}),
            "$some",
            "`$some` needs a relation; write it inside one, such as {\"songs\": {\"$some\": …}}",
        ),
        (
            "album",
            json!({"songs": {"$some": {"album.artist.name": "x"}}}),
            "songs.$some.album.artist.name",
            "conditions reach through at most 2 relations",
        ),
        (
            "song",
            json!({"album.songs": {"$some": {"album.year": 1}}}),
            "album.songs.$some.album.year",
            "conditions reach through at most 2 relations",
        ),
    ])
    .await;
}

#[tokio::test]
pub(crate) async fn live_windows_and_counts_refuse_relations() {
    let (_server, mut client) = music().await;
    for (resource, action, conditions, path, relation) in [
        (
            "song",
            "subscribe",
            json!({"album.year": 1}),
            "album.year",
            "album",
        ),
        (
            "album",
            "subscribe",
            json!({"$not": {"songs": {"$some": {}}}}),
            "$not.songs",
            "songs",
        ),
        (
            "artist",
            "subscribeAlbums",
            json!({"artist_id": "miles", "songs": {"$none": {}}}),
            "songs",
            "songs",
        ),
    ] {
        for (kind, options) in [
            ("window", json!({"$sort": {"id": 1}, "$limit": 10})),
            ("count", json!({"$count": true})),
        ] {
            let mut payload = conditions.clone();
            for (option, value) in options.as_object().expect("options") {
                payload[option] = value.clone();
            }
            let error = client.err(resource, action, payload).await;
            let message = format!(
                "a condition over the relation `{relation}` is not available in a live {kind}"
            );
            assert_eq!(
                (&error["code"], &error["path"], &error["message"]),
                (&json!("invalid_query"), &json!(path), &json!(message)),
            );
        }
    }
}

#[tokio::test]
pub(crate) async fn related_records_count_towards_limits() {
    let mut config = sockful::Config::default();
    config.store.max_visited = 4;
    let server = TestServer::serve(Server::new(RESOURCES).config(config)).await;
    let mut client = server.client().await;
    fill(&mut client).await;
    // Two songs and their albums.
    let few = json!({"id": {"$in": ["blue", "spanish"]}, "album.title": "kob"});
    assert_eq!(ids(&client.ok("song", "find", few).await), ["blue"]);
    let many = json!({"album.title": "kob"});
    let error = client.err("song", "find", many).await;
    assert_eq!(
        (&error["code"], &error["limit"]),
        (
            &json!("too_many"),
            &json!({"name": "max_visited", "value": 4})
        )
    );
}
