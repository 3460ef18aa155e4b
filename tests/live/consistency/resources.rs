//! Resources whose records are changed in every possible way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Context, Resource, Resources, Result, remote, resources};

pub(super) const APP: Resources = resources![Creature, Album, Song, Review];

#[derive(Serialize, JsonSchema)]
pub(super) struct Roar {
    loudness: u8,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Stir {}

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar, stirred = Stir))]
pub(super) struct Creature {
    id: String,
    #[resource(default = "dragon")]
    kind: String,
    #[resource(default = 10)]
    life: i64,
    mood: Option<String>,
    weight: Option<f64>,
    #[resource(default)]
    tame: bool,
    #[resource(default)]
    bio: String,
    #[resource(private, default = "hush")]
    secret: String,
}

#[remote]
impl Creature {
    pub fn feed(&mut self, #[resource(default = 1)] amount: i64) {
        self.life += amount;
    }

    pub fn whisper(&mut self, secret: String) {
        self.secret = secret;
    }

    pub fn roar(&self, ctx: &Context, loudness: u8) -> Result<()> {
        ctx.emit(&self.id, Roar { loudness })
    }

    pub fn stir(&self, ctx: &Context) -> Result<()> {
        ctx.broadcast(&self.id, Stir {})
    }

    /// Emits an event of the record that is destroyed.
    #[before(destroy)]
    fn roar_on_destroy(&self, ctx: &Context) -> Result<()> {
        ctx.emit(&self.id, Roar { loudness: 255 })
    }
}

#[derive(Serialize, Deserialize, Resource)]
pub(super) struct Album {
    id: String,
    /// The number of songs that were ever created for the album.
    #[resource(default, read_only)]
    created_songs: u32,
}

#[derive(Serialize, Deserialize, Resource)]
pub(super) struct Song {
    id: String,
    #[resource(parent = Album)]
    album_id: String,
    #[resource(default)]
    plays: u32,
}

#[remote]
impl Song {
    #[before(create)]
    async fn count_song(&mut self, ctx: &Context) -> Result<()> {
        if let Some(album) = ctx.records::<Album>().try_get(&self.album_id).await? {
            let patch = AlbumPatch {
                created_songs: Some(album.created_songs + 1),
            };
            ctx.records::<Album>().update(&album.id, patch).await?;
        }
        Ok(())
    }

    /// Plays every song of an album once, all in one commit.
    pub async fn play_all(ctx: &Context, album: String) -> Result<usize> {
        let songs = Self::FIELDS.album_id.eq(&album);
        let songs = ctx.records::<Self>().find(songs).await?;
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

/// A review, which is detached when its album is destroyed.
#[derive(Serialize, Deserialize, Resource)]
pub(super) struct Review {
    id: String,
    #[resource(parent = Album, on_destroy = "detach")]
    album_id: Option<String>,
}
