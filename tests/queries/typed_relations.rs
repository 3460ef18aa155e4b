//! Typed conditions over relations, in the application and in the Rust client.

use super::relations::{Album, Artist, RESOURCES, Song, fill};
use crate::support::{Checkpoints, TestServer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sockful::{
    Context, Credentials, ErrorKind, Filter, Identity, Resource, Result, Server, ServerHandle,
    remote, resources, testing,
};

async fn start() -> (TestServer, ServerHandle) {
    let handle = Server::new(RESOURCES).open().await.expect("memory opens");
    let server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    fill(&mut server.client().await).await;
    (server, handle)
}

fn songs() -> Vec<(Filter<Song>, Vec<&'static str>)> {
    let (song, album, artist) = (Song::FIELDS, Album::FIELDS, Artist::FIELDS);
    let through = |filter| song.album_id.parent(filter);
    vec![
        (through(album.year.lt(1960)), vec!["blue", "so-what"]),
        (
            through(Filter::all()),
            vec!["blue", "sinner", "so-what", "spanish"],
        ),
        (!through(Filter::all()), vec!["single"]),
        (through(!album.year.eq(1959)), vec!["sinner", "spanish"]),
        (
            !through(album.year.eq(1959)),
            vec!["single", "sinner", "spanish"],
        ),
        (
            through(album.year.gt(1960) & album.artist_id.is_not_null()) | song.plays.eq(1),
            vec!["single", "sinner", "spanish"],
        ),
        (
            through(album.year.eq(1950) | album.year.eq(1970)),
            vec!["spanish"],
        ),
        (
            through(album.artist_id.parent(artist.name.prefix("Nina"))),
            vec!["sinner"],
        ),
        (
            through(!album.artist_id.parent(artist.name.prefix("Nina"))),
            vec!["blue", "so-what", "spanish"],
        ),
        (
            through(song.album_id.some(song.playing.eq(true))) & song.playing.eq(false),
            vec!["so-what"],
        ),
        (
            through(song.album_id.none(song.playing.eq(true))),
            vec!["spanish"],
        ),
    ]
}

fn albums() -> Vec<(Filter<Album>, Vec<&'static str>)> {
    let (song, album) = (Song::FIELDS, Album::FIELDS);
    vec![
        (
            song.album_id.some(song.playing.eq(true)),
            vec!["kob", "pastel"],
        ),
        (
            song.album_id.none(song.playing.eq(true)),
            vec!["bitches", "found"],
        ),
        (
            song.album_id.some(Filter::all()),
            vec!["bitches", "kob", "pastel"],
        ),
        (
            song.album_id
                .some(song.album_id.parent(album.year.gt(1960))),
            vec!["bitches", "pastel"],
        ),
    ]
}

#[tokio::test]
async fn typed_relation_conditions_match_those_on_the_wire() {
    let (_server, handle) = start().await;
    let client = testing::builder(&handle).connect().await;
    let client = client.expect("every client has full access");
    for (filter, expected) in songs() {
        let found = handle
            .records::<Song>()
            .find(filter.clone())
            .await
            .expect("a list");
        let ids: Vec<_> = found.iter().map(|song| &*song.id).collect();
        assert_eq!(ids, expected, "{filter:?}");
        let count = handle.records::<Song>().count(filter.clone()).await;
        assert_eq!(count.expect("a count"), expected.len());
        let found = client
            .records::<Song>()
            .find(filter.clone())
            .await
            .expect("a list");
        let ids: Vec<_> = found.iter().map(|song| &*song.id).collect();
        assert_eq!(ids, expected, "by the client: {filter:?}");
    }
    for (filter, expected) in albums() {
        let found = handle
            .records::<Album>()
            .find(filter.clone())
            .await
            .expect("a list");
        let ids: Vec<_> = found.iter().map(|album| &*album.id).collect();
        assert_eq!(ids, expected, "{filter:?}");
        let found = client
            .records::<Album>()
            .find(filter.clone())
            .await
            .expect("a list");
        let ids: Vec<_> = found.iter().map(|album| &*album.id).collect();
        assert_eq!(ids, expected, "by the client: {filter:?}");
    }
}

#[tokio::test]
async fn typed_condition_over_three_relations_is_refused() {
    let (_server, handle) = start().await;
    let (song, album) = (Song::FIELDS, Album::FIELDS);
    let two = song
        .album_id
        .some(song.album_id.parent(album.year.gt(1960)));
    let three = song.album_id.parent(two);
    let error = handle.records::<Song>().find(three.clone()).await;
    let error = error.err().expect("three relations");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    let message = error.to_string();
    assert!(message.contains("at most 2 relations"), "{message}");
    handle
        .records::<Song>()
        .count(three)
        .await
        .expect_err("three relations");
}

#[derive(Serialize, Deserialize, Resource)]
struct Shelf {
    id: String,
    #[resource(default)]
    room: i64,
}

#[derive(Serialize, Deserialize, Resource)]
struct Book {
    id: String,
    #[resource(default, index)]
    lent: bool,
    #[resource(parent = Shelf, on_destroy = "detach")]
    shelf_id: Option<String>,
}

#[remote]
impl Shelf {
    /// Moves a book between shelves, and returns what conditions over the relation find then.
    pub async fn rearrange(ctx: &Context) -> Result<Vec<Vec<String>>> {
        let (shelves, books) = (ctx.records::<Self>(), ctx.records::<Book>());
        let (fields, lent) = (Book::FIELDS.shelf_id, Book::FIELDS.lent.eq(true));
        let mut seen = vec![ids(shelves.find(fields.some(lent.clone())).await?)];
        let to_b = BookPatch {
            shelf_id: Some(Some("b".into())),
            ..BookPatch::default()
        };
        books.update(&"lent".into(), to_b).await?;
        seen.push(ids(shelves.find(fields.some(lent.clone())).await?));
        seen.push(ids(shelves.find(fields.none(lent.clone())).await?));
        let new = NewShelf {
            id: Some("new".into()),
            room: Some(2),
        };
        shelves.create(new).await?;
        let new = NewBook {
            id: Some("newest".into()),
            lent: Some(true),
            shelf_id: Some("new".into()),
        };
        books.create(new).await?;
        seen.push(ids(shelves.find(fields.some(lent.clone())).await?));
        let in_room = fields.parent(Self::FIELDS.room.eq(2));
        let found = books.find(in_room.clone()).await?;
        seen.push(found.into_iter().map(|book| book.id).collect());
        let moved = ShelfPatch { room: Some(2) };
        shelves.update(&"b".into(), moved).await?;
        let found = books.find(in_room.clone()).await?;
        seen.push(found.into_iter().map(|book| book.id).collect());
        assert_eq!(books.count(in_room.clone()).await?, 2);
        assert_eq!(books.count(!in_room).await?, 1);
        books.destroy(&"lent".into()).await?;
        seen.push(ids(shelves.find(fields.some(lent.clone())).await?));
        assert_eq!(shelves.count(fields.none(lent)).await?, 2);
        Ok(seen)
    }
}

fn ids(shelves: Vec<Shelf>) -> Vec<String> {
    shelves.into_iter().map(|shelf| shelf.id).collect()
}

#[tokio::test]
async fn relation_conditions_see_the_writes_of_the_call() {
    let server = TestServer::serve(Server::new(resources![Shelf, Book])).await;
    let mut client = server.client().await;
    for id in ["a", "b"] {
        client.ok("shelf", "create", json!({"id": id})).await;
    }
    for (id, lent) in [("kept", false), ("lent", true)] {
        let book = json!({"id": id, "lent": lent, "shelf_id": "a"});
        client.ok("book", "create", book).await;
    }
    let seen = client.ok("shelf", "rearrange", json!({})).await;
    let expected = json!([
        ["a"],
        ["b"],
        ["a"],
        ["b", "new"],
        ["newest"],
        ["lent", "newest"],
        ["new"],
    ]);
    assert_eq!(seen, expected);
}

/// A record whose policy uses a relation.
#[derive(Serialize, Deserialize, Resource)]
struct Page {
    id: String,
    #[resource(parent = Folder)]
    folder_id: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Folder {
    id: String,
    #[resource(index, default)]
    owner: String,
}

#[remote]
impl Page {
    #[can(read)]
    fn in_own_folders(name: &String) -> Filter<Self> {
        Self::FIELDS.folder_id.parent(Folder::FIELDS.owner.eq(name))
    }
}

#[tokio::test]
async fn policy_with_a_relation_allows_nothing() {
    let authenticate = async |credentials: Credentials| -> Result<Identity<String>> {
        let name = credentials.token().unwrap_or_default().to_owned();
        Ok(Identity::new(name.clone(), name))
    };
    let server = Server::new(resources![Page, Folder]).authenticate(authenticate);
    let server = TestServer::serve(server).await;
    let mut client = server.client().await;
    client
        .ok("sockful", "authenticate", json!({"token": "bob"}))
        .await;
    client
        .ok("folder", "create", json!({"id": "b", "owner": "bob"}))
        .await;
    for (action, payload) in [
        ("find", json!({})),
        ("count", json!({})),
        ("get", json!({"id": "p"})),
        ("subscribe", json!({})),
    ] {
        assert_eq!(
            client.code("page", action, payload).await,
            "internal",
            "{action}"
        );
    }
    // It also hides the records at the other end of a condition.
    let over = json!({"pages": {"$none": {}}});
    assert_eq!(client.code("folder", "find", over).await, "internal");
}
