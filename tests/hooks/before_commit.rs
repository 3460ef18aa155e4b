//! Hooks before a commit, and transactions.

use crate::support::{Checkpoints, Client, TestServer, within};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Context, Error, Resource, Resources, Result, Server, remote, resources};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// The channel to which hooks after a commit send a message.
pub(super) type Heard = UnboundedSender<String>;

#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    title: String,
    #[resource(default, read_only)]
    songs_made: u32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
    #[resource(length(1..=20))]
    title: String,
    #[resource(default)]
    plays: u32,
    #[resource(default, read_only)]
    log: Vec<String>,
}

#[remote]
impl Song {
    #[before(create, update)]
    fn tidy(&mut self) {
        self.title = self.title.trim().to_owned();
        self.log.push("tidied".to_owned());
    }

    #[before(create)]
    async fn counts(&mut self, ctx: &Context) -> Result<()> {
        self.log.push("counted".to_owned());
        let album = ctx.records::<Album>().get(&self.album_id).await?;
        let patch = AlbumPatch {
            songs_made: Some(album.songs_made + 1),
            ..AlbumPatch::default()
        };
        ctx.records::<Album>().update(&album.id, patch).await?;
        match self.title.as_str() {
            "veto" => Err(Error::refused("bad_taste", "not this one")),
            "long" => {
                self.title = "x".repeat(21);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    #[before(update)]
    fn only_more(&self, old: &Self) -> Result<()> {
        if self.plays < old.plays {
            return Err(Error::refused("backwards", "plays only grow"));
        }
        Ok(())
    }

    #[before(destroy)]
    fn stays(&self) -> Result<()> {
        if self.title == "forever" {
            return Err(Error::refused("forever", "it stays"));
        }
        Ok(())
    }

    #[before(play)]
    fn not_silence(&self) -> Result<()> {
        if self.title == "4'33" {
            return Err(Error::refused("silence", "there is nothing to hear"));
        }
        Ok(())
    }

    #[after(create, update, destroy, play)]
    async fn tells(&self, ctx: &Context, old: Option<&Self>) -> Result<()> {
        if self.id == "slow" {
            ctx.state::<Checkpoints>()?.wait_at("after").await;
        }
        let was = old.map_or("new".to_owned(), |old| old.plays.to_string());
        let stored = ctx.records::<Self>().try_get(&self.id).await?;
        let is = stored.map_or("gone".to_owned(), |it| it.plays.to_string());
        let heard = format!("{}: {was} -> {is}", self.id);
        ctx.state::<Heard>()?.send(heard).map_err(Error::internal)
    }

    /// Plays the song this many times.
    pub fn play(&mut self, #[resource(default = 1)] times: u32) -> u32 {
        self.plays += times;
        self.plays
    }

    /// Plays every song of an album once, or none of them.
    pub async fn play_all(ctx: &Context, album: String) -> Result<usize> {
        let songs = ctx
            .records::<Self>()
            .find(Self::FIELDS.album_id.eq(&album))
            .await?;
        for song in &songs {
            let patch = SongPatch {
                plays: Some(song.plays + 1),
                ..SongPatch::default()
            };
            ctx.records::<Self>().update(&song.id, patch).await?;
        }
        Ok(songs.len())
    }
}

/// A record whose hook creates another one, in an endless recursion.
#[derive(Serialize, Deserialize, Resource)]
struct Echo {
    id: String,
}

#[remote]
impl Echo {
    #[before(create)]
    async fn again(ctx: &Context) -> Result<()> {
        ctx.records::<Self>()
            .create(NewEcho::default())
            .await
            .map(|_| ())
    }
}

const RESOURCES: Resources = resources![Album, Song, Echo];

/// A server with an album, and the messages of its hooks after commits.
pub(super) async fn album() -> (TestServer, Client, UnboundedReceiver<String>) {
    let (tell, heard) = mpsc::unbounded_channel::<String>();
    let server = TestServer::serve(Server::new(RESOURCES).state::<Heard>(tell)).await;
    let mut client = server.client().await;
    client
        .ok(
            "album",
            "create",
            json!({"id": "kob", "title": "Kind of Blue"}),
        )
        .await;
    (server, client, heard)
}

pub(super) async fn next(heard: &mut UnboundedReceiver<String>) -> String {
    within("a hook", heard.recv())
        .await
        .expect("the server runs")
}

pub(super) fn song(id: &str, title: &str) -> Value {
    json!({"album_id": "kob", "id": id, "title": title})
}

#[tokio::test]
async fn hooks_run_in_order_on_every_path_to_the_action() {
    let (_server, mut client, _heard) = album().await;
    let ways = [
        json!(["song", "create", song("a", " a "), 1]),
        json!(["song", "save", song("b", " a "), 1]),
        json!(["album", "createSong", song("c", " a "), 1]),
        json!([
            "sockful",
            "commit",
            [["song", "create", song("d", " a ")]],
            1
        ]),
    ];
    for (nth, way) in (1..).zip(ways) {
        let reply = client.ask(way).await;
        let made = &reply[2]["ok"];
        let made = made.get(0).unwrap_or(made);
        assert_eq!(made["title"], "a");
        assert_eq!(made["log"], json!(["tidied", "counted"]));
        // The writes of the hook belong to the same commit.
        assert_eq!(reply[2]["seq"], nth + 1);
        let album = client.ok("album", "get", json!({"id": "kob"})).await;
        assert_eq!(album["songs_made"], nth);
    }
    for way in [
        json!(["song", "update", {"id": "a", "title": " b "}, 1]),
        json!(["album", "updateSong", {"album_id": "kob", "id": "a", "title": " c "}, 1]),
        json!(["song", "play", {"id": "a"}, 1]),
    ] {
        assert!(client.ask(way).await[2]["seq"].is_u64());
    }
    let a = client.ok("song", "get", json!({"id": "a"})).await;
    let log = ["tidied", "counted", "tidied", "tidied", "tidied"];
    assert_eq!((&a["title"], &a["log"]), (&json!("c"), &json!(log)));
}

#[tokio::test]
async fn hook_error_reaches_client_and_nothing_is_written() {
    let (_server, mut client, mut heard) = album().await;
    client.ok("song", "create", song("a", "forever")).await;
    next(&mut heard).await;
    client
        .ok("song", "play", json!({"id": "a", "times": 3}))
        .await;
    next(&mut heard).await;
    next(&mut heard).await;
    let before = client.head().await;
    for (request, code) in [
        (json!(["song", "create", song("b", "veto"), 1]), "bad_taste"),
        (
            json!(["album", "createSong", song("b", "veto"), 1]),
            "bad_taste",
        ),
        (
            json!(["song", "update", {"id": "a", "plays": 1}, 1]),
            "backwards",
        ),
        (json!(["song", "destroy", {"id": "a"}, 1]), "forever"),
        // Destroying a parent runs the hooks of its children.
        (json!(["album", "destroy", {"id": "kob"}, 1]), "forever"),
    ] {
        let error = &client.ask(request).await[2]["err"];
        assert_eq!(error["code"], code, "{error}");
    }
    assert_eq!(client.head().await, before);
    assert_eq!(
        client.ok("album", "get", json!({"id": "kob"})).await["songs_made"],
        1
    );
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn record_changed_by_a_hook_is_validated() {
    let (_server, mut client, _heard) = album().await;
    let error = client.err("song", "create", song("a", "long")).await;
    let fault = &error["fields"][0];
    assert_eq!(
        (&fault["path"], &fault["rule"]),
        (&json!("title"), &json!("length"))
    );
    assert_eq!(client.head().await, 1);
}

#[tokio::test]
async fn hook_before_remote_method_can_reject_the_call() {
    let (_server, mut client, _heard) = album().await;
    client.ok("song", "create", song("a", "4'33")).await;
    let error = client.err("song", "play", json!({"id": "a"})).await;
    assert_eq!(
        (&error["code"], client.head().await),
        (&json!("silence"), 2)
    );
}

#[tokio::test]
async fn writes_of_a_method_are_one_commit() {
    let (_server, mut client, _heard) = album().await;
    for id in ["a", "b", "c"] {
        client.ok("song", "create", song(id, id)).await;
    }
    let played = client
        .reply("song", "playAll", json!({"album": "kob"}))
        .await;
    assert_eq!(played, json!({"ok": 3, "seq": 5}));
    let songs = client
        .ok(
            "album",
            "songs",
            json!({"album_id": "kob", "$select": ["plays"]}),
        )
        .await;
    assert_eq!(songs, json!([{"plays": 1}, {"plays": 1}, {"plays": 1}]));
}

#[tokio::test]
async fn infinite_hook_recursion_is_stopped() {
    let (_server, mut client, _heard) = album().await;
    assert_eq!(client.code("echo", "create", json!({})).await, "internal");
    assert_eq!(client.head().await, 1);
    client.assert_alive().await;
}
