//! Resources of the servers in the client tests.

use crate::support::{Checkpoints, TestServer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::client::{Builder, Client};
use sockful::{
    Config, Context, Error, Resource, Resources, Result, Server, ServerHandle, remote, resources,
    testing,
};
use uuid::Uuid;

pub(crate) const RESOURCES: Resources = resources![Beast, Cage, Keeper, Hoard, Safe];

/// A beast that can be fed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(event(roared = Roar))]
pub(crate) struct Beast {
    pub(crate) id: String,
    #[resource(index, length(1..=20))]
    pub(crate) kind: String,
    #[resource(default = 10)]
    pub(crate) life: i64,
    pub(crate) mood: Option<String>,
    #[resource(default)]
    pub(crate) weight: f64,
    #[resource(default)]
    pub(crate) tame: bool,
    #[resource(private, default = "hush")]
    pub(crate) secret: String,
    #[resource(write_only)]
    pub(crate) password: Option<String>,
    #[resource(rev)]
    pub(crate) rev: u64,
}

/// The data of `roared`.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Roar {
    pub(crate) loudness: u8,
}

/// A payload type.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Order {
    pub(crate) meat: u32,
    pub(crate) herbs: u32,
}

#[remote]
impl Beast {
    /// Adds to the life of the beast.
    pub fn feed(&mut self, amount: i64) -> Result<i64> {
        let fed = self.life.checked_add(amount);
        self.life = fed.ok_or_else(|| Error::refused("too_full", "life overflows"))?;
        Ok(self.life)
    }

    pub fn describe(&self) -> String {
        format!("{} is a {}", self.id, self.kind)
    }

    pub fn serve(&mut self, #[payload] order: Order) -> i64 {
        self.life += i64::from(order.meat + order.herbs);
        self.life
    }

    #[remote(name = "lull")]
    pub fn sing(&mut self, song: Option<String>) {
        self.mood = song;
    }

    pub fn add(#[resource(wide)] left: u128, #[resource(wide)] right: u128) -> String {
        (left + right).to_string()
    }

    pub fn tire(&self) -> Result<()> {
        Err(Error::refused("too_tired", format!("{} sleeps", self.id)))
    }

    pub fn roar(&self, loudness: u8, context: &Context) -> Result<()> {
        context.emit(&self.id, Roar { loudness })
    }

    pub async fn feed_at(&mut self, checkpoint: String, context: &Context) -> Result<i64> {
        context.state::<Checkpoints>()?.wait_at(&checkpoint).await;
        self.life += 1;
        Ok(self.life)
    }

    pub fn live(&self) -> i64 {
        self.life
    }
}

/// A cage, possibly inside another cage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
pub(crate) struct Cage {
    pub(crate) id: u64,
    #[resource(parent = Keeper)]
    pub(crate) keeper_id: Uuid,
    #[resource(parent = Cage, on_destroy = "detach")]
    pub(crate) inside_id: Option<u64>,
    #[resource(default)]
    pub(crate) size: u32,
}

/// A keeper, the parent of cages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
pub(crate) struct Keeper {
    #[resource(id)]
    pub(crate) badge: Uuid,
    pub(crate) name: String,
}

/// A resource with big integers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
pub(crate) struct Hoard {
    pub(crate) id: String,
    #[resource(wide, index)]
    pub(crate) gold: u64,
    #[resource(wide)]
    pub(crate) debt: i128,
}

/// A resource that clients cannot construct, because a required property is write-only.
#[derive(Debug, Serialize, Deserialize, Resource)]
pub(crate) struct Safe {
    pub(crate) id: String,
    #[resource(write_only)]
    pub(crate) code: String,
}

pub(crate) fn beast(id: &str, kind: &str) -> NewBeast {
    NewBeast {
        id: Some(id.to_owned()),
        kind: kind.to_owned(),
        ..NewBeast::default()
    }
}

/// Opens a server and connects a client in this process.
pub(crate) async fn local() -> (ServerHandle, Client) {
    let (server, builder) = local_with(|_| {}).await;
    (
        server,
        builder.connect().await.expect("the client connects"),
    )
}

/// Opens a server with the config that `change` sets. Returns a builder of a client in this process.
pub(crate) async fn local_with(change: impl FnOnce(&mut Config)) -> (ServerHandle, Builder) {
    let mut config = Config::default();
    change(&mut config);
    let server = Server::new(RESOURCES).config(config);
    let server = server.state(Checkpoints::default()).open().await;
    let server = server.expect("a memory store opens");
    let builder = testing::builder(&server);
    (server, builder)
}

impl TestServer {
    /// Returns the URL that a client connects to.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }
}
