//! Child routes on both sides of a relation.

use crate::support::{Client, TestServer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, Server, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Artist {
    id: String,
    name: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    #[resource(parent = Artist)]
    artist_id: Option<String>,
    title: String,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(page(3, 100))]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
    #[resource(length(1..))]
    title: String,
    #[resource(default)]
    playing: bool,
}

/// A user, the parent of messages through two relations.
#[derive(Serialize, Deserialize, Resource)]
struct User {
    id: u32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Message {
    id: String,
    #[resource(parent = User, name = "sentMessage", on_destroy = "restrict")]
    sender_id: u32,
    #[resource(parent = User, name = "receivedMessage", on_destroy = "detach")]
    receiver_id: Option<u32>,
    #[resource(rev)]
    rev: u64,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(plural = "categories")]
struct Category {
    id: String,
    #[resource(parent = Category)]
    parent_id: Option<String>,
}

pub(super) const MUSIC: Resources = resources![Artist, Album, Song, User, Message, Category];

pub(crate) async fn music() -> (TestServer, Client) {
    let server = TestServer::serve(Server::new(MUSIC)).await;
    let client = server.client().await;
    (server, client)
}

/// Starts a server with an album of two songs and an album without songs.
pub(super) async fn two_albums() -> (TestServer, Client) {
    let (server, mut client) = music().await;
    for (id, title) in [("kob", "Kind of Blue"), ("amiga", "Amiga")] {
        client
            .ok("album", "create", json!({"id": id, "title": title}))
            .await;
    }
    for id in ["so-what", "all-blues"] {
        let song = json!({"album_id": "kob", "id": id, "title": id});
        client.ok("album", "createSong", song).await;
    }
    (server, client)
}

pub(super) fn ids(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|it| it["id"].as_str().expect("an id"))
        .collect()
}

#[tokio::test]
pub(crate) async fn child_routes_create_read_list_update_destroy() {
    let (_server, mut client) = two_albums().await;
    let new = json!({"album_id": "kob", "id": "naima", "title": "Naima"});
    let created = client.reply("album", "createSong", new).await;
    let naima = json!({"id": "naima", "album_id": "kob", "title": "Naima", "playing": false});
    assert_eq!(created, json!({"ok": naima, "seq": 5}));
    let child = json!({"album_id": "kob", "id": "naima"});
    assert_eq!(client.ok("album", "getSong", child.clone()).await, naima);
    let songs = client
        .ok("album", "songs", json!({"album_id": "kob"}))
        .await;
    assert_eq!(ids(&songs), ["all-blues", "naima", "so-what"]);
    let change = json!({"album_id": "kob", "id": "naima", "playing": true});
    assert_eq!(
        client.ok("album", "updateSong", change).await["playing"],
        true
    );
    assert_eq!(
        client.ok("album", "destroySong", child.clone()).await["id"],
        "naima"
    );
    assert_eq!(
        client.err("album", "getSong", child).await["code"],
        "not_found"
    );
}

#[tokio::test]
pub(crate) async fn child_is_not_found_through_another_parent() {
    let (_server, mut client) = two_albums().await;
    let other_parent = json!({"album_id": "amiga", "id": "so-what"});
    for action in ["getSong", "updateSong", "destroySong"] {
        let error = client.err("album", action, other_parent.clone()).await;
        assert_eq!(error["code"], "not_found", "{action}");
    }
    assert_eq!(
        client.ok("song", "get", json!({"id": "so-what"})).await["album_id"],
        "kob"
    );
    // The parent's id in the payload selects the child; it does not move it.
    let moved = json!({"album_id": "amiga", "id": "so-what", "title": "Moved"});
    assert_eq!(
        client.err("album", "updateSong", moved).await["code"],
        "not_found"
    );
}

#[tokio::test]
pub(crate) async fn child_routes_require_an_existing_parent() {
    let (_server, mut client) = music().await;
    for action in ["createSong", "songs"] {
        let payload = json!({"album_id": "x", "title": "t"});
        assert_eq!(
            client.err("album", action, payload).await["code"],
            "not_found",
            "{action}"
        );
    }
    let error = client
        .err("song", "create", json!({"album_id": "x", "title": "t"}))
        .await;
    let fault =
        json!([{"path": "album_id", "rule": "parent", "message": "refers to no existing `album`"}]);
    assert_eq!(
        (&error["code"], &error["fields"]),
        (&json!("invalid"), &fault)
    );
    assert_eq!(
        client.ok("song", "byAlbum", json!({"album_id": "x"})).await,
        json!([])
    );
    assert_eq!(client.head().await, 0);
}

#[tokio::test]
pub(crate) async fn child_list_accepts_filters_pages_and_selection() {
    let (_server, mut client) = two_albums().await;
    for n in 0..5 {
        let song = json!({"album_id": "kob", "id": n.to_string(), "title": format!("{}", n % 2)});
        client.ok("album", "createSong", song).await;
    }
    let odd = json!({"album_id": "kob", "title": "1", "$select": ["id"]});
    let expected = json!([{"id": "1"}, {"id": "3"}]);
    assert_eq!(client.ok("album", "songs", odd.clone()).await, expected);
    assert_eq!(client.ok("song", "byAlbum", odd).await, expected);
    let first = client
        .reply(
            "album",
            "songs",
            json!({"album_id": "kob", "$sort": {"title": -1}}),
        )
        .await;
    assert_eq!(ids(&first["ok"]), ["so-what", "all-blues", "1"]);
    let rest =
        json!({"album_id": "kob", "$sort": {"title": -1}, "$after": first["next"], "$limit": 9});
    assert_eq!(
        ids(&client.ok("album", "songs", rest).await),
        ["3", "0", "2", "4"]
    );
}

#[tokio::test]
pub(crate) async fn parent_is_reached_from_the_child() {
    let (_server, mut client) = two_albums().await;
    let album = client.ok("song", "album", json!({"id": "so-what"})).await;
    assert_eq!(album["title"], "Kind of Blue");
    let title = json!({"id": "so-what", "$select": ["title"]});
    assert_eq!(
        client.ok("song", "album", title).await,
        json!({"title": "Kind of Blue"})
    );
    let none = client.err("album", "artist", json!({"id": "kob"})).await;
    assert_eq!(none["message"], "`artist` not found");
    let unknown = client.err("song", "album", json!({"id": "unknown"})).await;
    assert_eq!(unknown["message"], "`song` not found");
}

#[tokio::test]
pub(crate) async fn child_moves_to_another_existing_parent() {
    let (_server, mut client) = two_albums().await;
    let moved = client
        .ok(
            "song",
            "update",
            json!({"id": "so-what", "album_id": "amiga"}),
        )
        .await;
    assert_eq!(moved["album_id"], "amiga");
    let error = client
        .err("song", "update", json!({"id": "so-what", "album_id": "x"}))
        .await;
    assert_eq!(error["fields"][0]["rule"], "parent");
    let songs = client
        .ok("album", "songs", json!({"album_id": "amiga"}))
        .await;
    assert_eq!(ids(&songs), ["so-what"]);
}

#[tokio::test]
pub(crate) async fn child_is_saved_under_another_existing_parent() {
    let (_server, mut client) = two_albums().await;
    let song = |album| json!({"id": "so-what", "album_id": album, "title": "So What"});
    let error = client.err("song", "save", song("x")).await;
    assert_eq!(error["fields"][0]["rule"], "parent");
    let moved = client.ok("song", "save", song("amiga")).await;
    assert_eq!(moved["album_id"], "amiga");
}

#[tokio::test]
pub(crate) async fn if_rev_works_through_the_parent() {
    let (_server, mut client) = music().await;
    client.ok("user", "create", json!({"id": 1})).await;
    let hello = json!({"sender_id": 1, "id": "hello"});
    let created = client
        .reply("user", "createSentMessage", hello.clone())
        .await;
    assert_eq!(
        (&created["rev"], &created["ok"]["rev"]),
        (&json!(2), &json!(2))
    );
    for (action, rev, expected) in [
        ("updateSentMessage", 1, "conflict"),
        ("destroySentMessage", 1, "conflict"),
        ("getSentMessage", 2, "invalid"),
        ("createSentMessage", 2, "invalid"),
    ] {
        let request = json!(["user", action, hello, 1, {"if_rev": rev}]);
        let reply = client.ask(request).await;
        assert_eq!(reply[2]["err"]["code"], expected, "{action}");
    }
    let request = json!(["user", "destroySentMessage", hello, 1, {"if_rev": 2}]);
    assert_eq!(client.ask(request).await[2]["ok"]["id"], "hello");
}
