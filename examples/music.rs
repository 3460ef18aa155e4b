//! Music: artists have albums, albums have songs, and songs are in playlists.
//!
//! `cargo run -p sockful-examples --example music` serves it on 127.0.0.1:8000, filled with a few
//! songs; `HOST` and `PORT` change that.

use serde::{Deserialize, Serialize};
use sockful::{Context, Error, Resource, Result, Server, ServerHandle, remote, resources};

/// Somebody who makes music.
#[derive(Serialize, Deserialize, Resource)]
struct Artist {
    id: String,
    #[resource(length(1..=100))]
    name: String,
}

/// An album stays when its artist goes.
#[derive(Serialize, Deserialize, Resource)]
struct Album {
    id: String,
    #[resource(parent = Artist, on_destroy = "detach")]
    artist_id: Option<String>,
    #[resource(length(1..=200))]
    title: String,
    /// How many songs it has, kept by the hooks of songs.
    #[resource(read_only, default)]
    song_count: u32,
}

/// A song goes with its album, unless it is in a playlist.
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

/// Songs that somebody put together.
#[derive(Serialize, Deserialize, Resource)]
struct Playlist {
    id: String,
    name: String,
}

/// That a song is in a playlist: a resource with two parents makes many-to-many.
#[derive(Serialize, Deserialize, Resource)]
#[resource(plural = "entries")]
struct Entry {
    id: String,
    #[resource(parent = Playlist, immutable)]
    playlist_id: String,
    #[resource(parent = Song, on_destroy = "restrict", immutable)]
    song_id: String,
    /// Its place in the playlist, counted from 0 without gaps.
    #[resource(read_only, default)]
    position: u32,
}

#[remote]
impl Song {
    /// Runs with every new song, however it is made, and is one commit with it.
    #[before(create)]
    async fn is_counted(&self, ctx: &Context) -> Result<()> {
        Album::add_songs(ctx, &self.album_id, 1).await
    }

    #[before(destroy)]
    async fn is_counted_no_more(&self, ctx: &Context) -> Result<()> {
        Album::add_songs(ctx, &self.album_id, -1).await
    }

    /// A song that moves to another album is counted there.
    #[before(update)]
    async fn moves(&self, old: &Self, ctx: &Context) -> Result<()> {
        if self.album_id == old.album_id {
            return Ok(());
        }
        Album::add_songs(ctx, &old.album_id, -1).await?;
        Album::add_songs(ctx, &self.album_id, 1).await
    }

    #[after(play)]
    fn played(&self) {
        println!("{} was played, {} times by now", self.title, self.plays);
    }

    /// Plays the song, and tells how often it was.
    pub fn play(&mut self) -> u64 {
        self.plays += 1;
        self.plays
    }
}

impl Album {
    async fn add_songs(ctx: &Context, id: &String, songs: i32) -> Result<()> {
        let albums = ctx.records::<Self>();
        // The album may be going, and its songs with it.
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
    /// A new entry comes last. Of two that are added at the same time, one counts the other: if a commit
    /// changes what a hook has counted, the hook runs again.
    #[before(create)]
    async fn comes_last(&mut self, ctx: &Context) -> Result<()> {
        let of_playlist = Self::FIELDS.playlist_id.eq(&self.playlist_id);
        let entries = ctx.records::<Self>().count(of_playlist).await?;
        self.position = u32::try_from(entries).map_err(Error::internal)?;
        Ok(())
    }

    /// The entries behind one that goes move up.
    #[before(destroy)]
    async fn closes_its_gap(&self, ctx: &Context) -> Result<()> {
        let playlists = ctx.records::<Playlist>();
        if playlists.try_get(&self.playlist_id).await?.is_none() {
            // All of them go with their playlist.
            return Ok(());
        }
        let (entries, fields) = (ctx.records::<Self>(), Self::FIELDS);
        let of_playlist = fields.playlist_id.eq(&self.playlist_id);
        let behind = of_playlist & fields.position.gt(self.position);
        for entry in entries.find(behind).await? {
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
    /// Puts a song at the end, and returns its position.
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
