//! A small application that uses every feature.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Config, Context, Credentials, Error, Filter, Identity, Resource, Resources, Result};
use sockful::{Server, ServerHandle, remote, resources};
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};
use uuid::Uuid;

const RESOURCES: Resources = resources![Creature, Album, Song, Review, Token, Diary];

/// A record with a property of each type and a rule of each kind.
#[derive(Serialize, Deserialize, Resource)]
#[resource(public, event(roared = Roar))]
struct Creature {
    id: String,
    #[resource(default = "dragon", length(1..=12), sanitize(trim, lowercase), index)]
    kind: String,
    #[resource(default = 10, range(0..=20), index)]
    life: i64,
    #[resource(pattern = "^[a-z]+(-[a-z]+)*$")]
    mood: Option<String>,
    #[resource(format = "email", unique)]
    email: Option<String>,
    weight: Option<f64>,
    #[resource(default)]
    tame: bool,
    #[resource(default, length(..=4))]
    tags: Vec<String>,
    #[resource(default)]
    uses: BTreeMap<String, i64>,
    #[resource(immutable, default = "red")]
    team: String,
    #[resource(read_only, default = 1990)]
    born: i64,
    #[resource(private, default = "kept to ourselves")]
    secret: String,
    #[resource(write_only, default = "kept to ourselves")]
    password: String,
    #[resource(wide, default)]
    gold: u64,
    #[resource(created_at)]
    ctime: u64,
    #[resource(rev)]
    rev: u64,
}

#[derive(Serialize, JsonSchema)]
struct Roar {
    loudness: i64,
}

/// The payload of `give`.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Gift {
    Coins { count: u8, note: Option<String> },
    Nothing {},
}

#[remote]
impl Creature {
    #[can(read)]
    fn seen_by(user: Option<&User>) -> Filter<Self> {
        match user {
            Some(_) => Filter::all(),
            None => Self::FIELDS.team.ne("blue"),
        }
    }

    #[before(update)]
    fn keeps_life(&self, old: &Self) -> Result<()> {
        if self.life < old.life && old.tame {
            return Err(Error::refused("too_tame", "does not fight"));
        }
        Ok(())
    }

    pub fn feed(&mut self, #[resource(default = 1, range(1..=5))] amount: i64) -> i64 {
        self.life += amount;
        self.life
    }

    pub fn roar(&self, context: &Context) -> Result<()> {
        context.emit(
            &self.id,
            Roar {
                loudness: self.life,
            },
        )
    }

    pub async fn rest(&mut self) -> bool {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        self.life = 10;
        self.tame
    }

    pub fn give(&mut self, #[payload] gift: Gift) -> usize {
        match gift {
            Gift::Coins { count, note } => {
                self.gold = self.gold.saturating_add(u64::from(count));
                note.map_or(0, |note| note.len())
            }
            Gift::Nothing {} => 0,
        }
    }

    pub fn greet(name: String, title: Option<String>, times: Option<u8>) -> String {
        format!("{} {name}", title.unwrap_or_default()).repeat(usize::from(times.unwrap_or(1)))
    }

    pub fn count_all(#[payload] all: BTreeMap<String, serde_json::Value>) -> usize {
        all.len()
    }
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(public, page(2, 4))]
struct Album {
    id: u32,
    #[resource(default)]
    title: String,
    #[resource(parent = Self, name = "part", on_destroy = "restrict")]
    within_id: Option<u32>,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(public)]
struct Song {
    id: String,
    #[resource(default)]
    title: String,
    #[resource(parent = Album)]
    album_id: u32,
    #[resource(unique)]
    code: Option<i64>,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(public)]
struct Review {
    id: Uuid,
    #[resource(parent = Song, on_destroy = "detach")]
    song_id: Option<String>,
    #[resource(default)]
    stars: u8,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(public, except(destroy))]
#[serde(rename_all = "camelCase")]
struct Token {
    #[resource(id)]
    key: i64,
    state: Option<State>,
    #[resource(default)]
    view_count: i32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    Lost,
    Held,
}

/// A resource that requires authentication.
#[derive(Serialize, Deserialize, Resource)]
struct Diary {
    id: String,
    #[resource(default)]
    text: String,
}

#[derive(Clone, Debug)]
struct User;

/// Accepts every token as the key of an identity.
async fn authenticate(credentials: Credentials) -> Result<Identity<User>> {
    Ok(Identity::new(credentials.token().unwrap_or_default(), User))
}

/// Opens the server with limits that are small enough to be reached.
pub(super) async fn open() -> ServerHandle {
    let config = config();
    let server = Server::new(RESOURCES)
        .config(config)
        .authenticate(authenticate)
        .clock(|| UNIX_EPOCH + Duration::from_secs(1_790_000_000));
    server.open().await.expect("memory opens")
}

/// Removes all records.
pub(super) async fn clear(server: &ServerHandle) {
    clear_of::<Review>(server, |it| it.id).await;
    clear_of::<Song>(server, |it| it.id).await;
    let albums = server.records::<Album>();
    for album in albums.find(Filter::all()).await.expect("memory reads") {
        let alone = AlbumPatch {
            within_id: Some(None),
            ..AlbumPatch::default()
        };
        let cut = albums.update(&album.id, alone).await;
        cut.expect("an album needs no parent");
    }
    clear_of::<Album>(server, |it| it.id).await;
    clear_of::<Creature>(server, |it| it.id).await;
    clear_of::<Token>(server, |it| it.key).await;
    clear_of::<Diary>(server, |it| it.id).await;
}

async fn clear_of<R: Resource>(server: &ServerHandle, id: fn(R) -> R::Id) {
    let records = server.records::<R>();
    for one in records.find(Filter::all()).await.expect("memory reads") {
        let gone = records.destroy(&id(one)).await;
        gone.expect("no child prevents it");
    }
}

fn config() -> Config {
    let mut config = Config::default();
    config.connection.max_frame = super::oracle::MAX_FRAME;
    config.connection.max_depth = 16;
    config.connection.max_bad_frames = 8;
    config.connection.max_in_flight = 8;
    config.connection.max_lists = 2;
    config.connection.max_batch = 4;
    config.connection.max_outgoing = 8 * 1024;
    config.request.max_reply = 4 * 1024;
    config.request.default_page = 3;
    config.request.max_page = 10;
    config.request.max_cascade = 4;
    config.live.max_subscriptions = 4;
    config.live.max_subscription_records = 8;
    config.live.max_snapshot = 2 * 1024;
    config.live.max_scanned_groups = 2;
    config.live.fold_after = 3;
    config.live.ring_capacity = 2 * 1024;
    config.store.log_capacity = 8 * 1024;
    config.live.max_unsent_events = 512;
    config.store.max_keys = 8;
    config.store.max_keys_per_caller = 4;
    config.connection.read_capacity = 256;
    config.request.max_request_rate = 16;
    config.request.request_burst = 64;
    config.request.max_rate_limited = 16;
    config.request.request_timeout = Duration::from_secs(2);
    config
}
