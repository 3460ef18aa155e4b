//! Music: artists have albums, albums have songs, and songs are in playlists.
//!
//! `cargo run -p sockful-examples --example music` serves it on 127.0.0.1:8000, filled with a few
//! songs; `HOST` and `PORT` change that.

use serde::{Deserialize, Serialize};
use sockful::{Context, Error, Resource, Result, Server, ServerHandle, remote, resources};

/// A person or a band that makes music.
#[derive(Serialize, Deserialize, Resource)]
struct Artist {
    id: String,
    #[resource(length(1..=100))]
    name: String,
}

/// An album, which remains when its artist is destroyed.
#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    #[resource(parent = Artist, on_destroy = "detach")]
    artist_id: Option<String>,
    #[resource(length(1..=200))]
    title: String,
    /// The number of songs, maintained by the hooks of songs.
    #[resource(read_only, default)]
    song_count: u32,
}

/// A song, which is destroyed with its album unless it is in a playlist.
#[derive(Serialize, Deserialize, Resource)]
struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
    #[resource(length(1..=200))]
    title: String,
    #[resource(read_only, default)]
    plays: u64,
}

/// A list of songs.
#[derive(Serialize, Deserialize, Resource)]
struct Playlist {
    id: String,
    name: String,
}

/// An entry of a playlist. A resource with two parents is a many-to-many relation.
#[derive(Serialize, Deserialize, Resource)]
#[resource(plural = "entries")]
struct Entry {
    id: String,
    #[resource(parent = Playlist, immutable)]
    playlist_id: String,
    #[resource(parent = Song, on_destroy = "restrict", immutable)]
    song_id: String,
    /// The position in the playlist, counted from 0 without gaps.
    #[resource(read_only, default)]
    position: u32,
}

#[remote]
impl Song {
    /// Runs for every new song, however it is created, in the same commit.
    #[before(create)]
    async fn count_up(&self, ctx: &Context) -> Result<()> {
        Album::add_songs(ctx, &self.album_id, 1).await
    }

    #[before(destroy)]
    async fn count_down(&self, ctx: &Context) -> Result<()> {
        Album::add_songs(ctx, &self.album_id, -1).await
    }

    /// Counts a song that moves to another album there.
    #[before(update)]
    async fn move_between_albums(&self, old: &Self, ctx: &Context) -> Result<()> {
        if self.album_id == old.album_id {
            return Ok(());
        }
        Album::add_songs(ctx, &old.album_id, -1).await?;
        Album::add_songs(ctx, &self.album_id, 1).await
    }

    #[after(play)]
    fn print_plays(&self) {
        println!("{} was played, {} times so far", self.title, self.plays);
    }

    /// Plays the song, and returns how often it was played.
    pub fn play(&mut self) -> u64 {
        self.plays += 1;
        self.plays
    }
}

impl Album {
    async fn add_songs(ctx: &Context, id: &String, songs: i32) -> Result<()> {
        let albums = ctx.records::<Self>();
        // The album may be being destroyed with its songs.
        let Some(album) = albums.try_get(id).await? else {
            return Ok(());
        };
        let patch = AlbumPatch {
            song_count: Some(album.song_count.saturating_add_signed(songs)),
            ..AlbumPatch::default()
        };
        albums.update(id, patch).await.map(|_| ())
    }
}

#[remote]
impl Entry {
    /// Places a new entry last. If two entries are added concurrently, one hook counts the other's
    /// entry: a hook runs again if a commit changes what it has counted.
    #[before(create)]
    async fn append_last(&mut self, ctx: &Context) -> Result<()> {
        let of_playlist = Self::FIELDS.playlist_id.eq(&self.playlist_id);
        let entries = ctx.records::<Self>().count(of_playlist).await?;
        self.position = u32::try_from(entries).map_err(Error::internal)?;
        Ok(())
    }

    /// Moves up the entries after a destroyed one.
    #[before(destroy)]
    async fn close_gap(&self, ctx: &Context) -> Result<()> {
        let playlists = ctx.records::<Playlist>();
        if playlists.try_get(&self.playlist_id).await?.is_none() {
            // All entries are destroyed with their playlist.
            return Ok(());
        }
        let (entries, fields) = (ctx.records::<Self>(), Self::FIELDS);
        let of_playlist = fields.playlist_id.eq(&self.playlist_id);
        let later = of_playlist & fields.position.gt(self.position);
        for entry in entries.find(later).await? {
            let patch = EntryPatch {
                position: Some(entry.position - 1),
                ..EntryPatch::default()
            };
            entries.update(&entry.id, patch).await?;
        }
        Ok(())
    }
}

#[remote]
impl Playlist {
    /// Appends a song, and returns its position.
    pub async fn add(&self, ctx: &Context, song: String) -> Result<u32> {
        let new = NewEntry {
            playlist_id: self.id.clone(),
            song_id: song,
            ..NewEntry::default()
        };
        let entry = ctx.records::<Entry>().create(new).await?;
        Ok(entry.position)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = Server::new(resources![Artist, Album, Song, Playlist, Entry])
        .open()
        .await?;
    fill(&server).await?;
    let host = std::env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let port = std::env::var("PORT").unwrap_or_else(|_| "8000".to_owned());
    println!("music: ws://{host}:{port}, for example");
    println!(r#"  ["album","get",{{"id":"kob","$with":["songs","artist"]}},1]"#);
    println!(r#"  ["album","createSong",{{"album_id":"kob","title":"All Blues"}},2]"#);
    println!(r#"  ["playlist","add",{{"id":"evening","song":"so-what"}},3]"#);
    println!(r#"  ["playlist","entries",{{"playlist_id":"evening","$with":["song.album"]}},4]"#);
    println!(r#"  ["song","find",{{"album.artist.name":"Miles Davis"}},5]"#);
    println!(r#"  ["album","find",{{"songs":{{"$none":{{"plays":0}}}}}},6]"#);
    server.listen(format!("{host}:{port}")).await
}

async fn fill(server: &ServerHandle) -> Result<()> {
    let miles = NewArtist {
        id: Some("miles".into()),
        name: "Miles Davis".into(),
    };
    server.records::<Artist>().create(miles).await?;
    let album = NewAlbum {
        id: Some("kob".into()),
        artist_id: Some("miles".into()),
        title: "Kind of Blue".into(),
        ..NewAlbum::default()
    };
    server.records::<Album>().create(album).await?;
    for (id, title) in [("so-what", "So What"), ("blue-in-green", "Blue in Green")] {
        let song = NewSong {
            id: Some(id.into()),
            album_id: "kob".into(),
            title: title.into(),
            ..NewSong::default()
        };
        server.records::<Song>().create(song).await?;
    }
    let evening = NewPlaylist {
        id: Some("evening".into()),
        name: "In the evening".into(),
    };
    server
        .records::<Playlist>()
        .create(evening)
        .await
        .map(|_| ())
}
