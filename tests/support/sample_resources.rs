//! The resources of most test servers.

use super::checkpoints::Checkpoints;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Context, Error, Resource, Resources, Result, remote, resources};
use std::collections::HashMap;
use uuid::Uuid;

/// The resources of a server that `TestServer::start` starts.
pub(crate) const RESOURCES: Resources = resources![Creature, Node, Note, Page, Token];

/// A beast that can be fed.
#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Creature {
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
    tags: Vec<String>,
    #[resource(default)]
    bio: String,
    #[resource(read_only, default = 1990)]
    born: i64,
    #[resource(private, default = "hush")]
    secret: String,
}

#[remote]
impl Creature {
    /// Feeds the creature.
    pub fn feed(&mut self, #[resource(default = 1)] amount: i64) -> String {
        self.life += amount;
        format!("I have been fed my life is: {}", self.life)
    }

    pub async fn feed_at(&mut self, checkpoint: String, context: &Context) -> Result<i64> {
        context.state::<Checkpoints>()?.wait_at(&checkpoint).await;
        self.life += 1;
        Ok(self.life)
    }

    pub async fn look_at(&self, context: &Context, checkpoint: String) -> Result<i64> {
        context.state::<Checkpoints>()?.wait_at(&checkpoint).await;
        Ok(self.life)
    }

    pub async fn wait_at(checkpoint: String, context: &Context) -> Result<String> {
        context.state::<Checkpoints>()?.wait_at(&checkpoint).await;
        Ok(checkpoint)
    }

    #[remote(timeout = "50ms")]
    pub async fn wait_briefly_at(checkpoint: String, context: &Context) -> Result<String> {
        context.state::<Checkpoints>()?.wait_at(&checkpoint).await;
        Ok(checkpoint)
    }

    pub fn describe(&self) -> String {
        format!("{} is a {}", self.id, self.kind)
    }

    pub fn greet(name: String, title: Option<String>) -> String {
        format!(
            "Hello, {}{name}",
            title.map_or(String::new(), |title| title + " ")
        )
    }

    pub fn who_am_i(context: &Context) -> String {
        context
            .peer()
            .map_or("unknown".to_owned(), |address| address.to_string())
    }

    #[expect(clippy::unused_self, reason = "it fails before it reads the record")]
    pub fn sleep_in(&self) -> Result<()> {
        Err(Error::refused("too_tired", "sleeps until dawn"))
    }

    #[expect(clippy::unused_self, reason = "it fails before it reads the record")]
    pub fn read_a_scroll(&self) -> Result<String, std::io::Error> {
        Err(std::io::Error::other("the scroll burns"))
    }

    pub fn stumble(&mut self) {
        self.life = 0;
        panic!("over a root in the dark")
    }

    pub async fn stumble_later(&mut self) {
        self.life = 0;
        tokio::task::yield_now().await;
        panic!("over a root in the dark")
    }

    pub fn overeat(&mut self) {
        self.life = 1 << 53;
    }

    pub fn weigh_nothing(&mut self) {
        self.weight = Some(f64::INFINITY);
        self.tags.push("light".to_owned());
    }

    pub fn rename(&mut self, to: String) {
        self.id = to;
    }

    pub fn whisper(&mut self, secret: String) {
        self.secret = secret;
    }

    pub fn tell(&self) -> String {
        self.secret.clone()
    }

    pub fn shout(size: usize) -> String {
        // Some tests pass random sizes.
        "a".repeat(size.min(4 << 20))
    }

    pub fn shout_and_grow(&mut self, size: usize) -> String {
        self.life += 1;
        Self::shout(size)
    }

    #[expect(
        dead_code,
        reason = "a method that is not `pub` is not a remote method"
    )]
    fn die(&mut self) {
        self.life = 0;
    }
}

/// A user account whose properties have different access rules.
#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Account {
    id: String,
    #[resource(unique)]
    email: Option<String>,
    #[resource(write_only, default = "hush")]
    password: String,
    #[resource(immutable, default = "red")]
    team: String,
    #[resource(default)]
    points: f64,
    #[resource(default)]
    path: Vec<f64>,
    #[resource(default)]
    numbers: Vec<u64>,
    height: Option<f64>,
    #[resource(wide, default)]
    gold: u64,
    #[resource(wide)]
    debt: Option<i128>,
    #[resource(private, unique)]
    key: Option<u32>,
    #[resource(created_at)]
    since: u64,
    #[resource(updated_at)]
    touched: u64,
    #[resource(rev)]
    revision: u64,
}

/// A smaller set of resources, with accounts.
pub(crate) const ACCOUNTS: Resources = resources![Account, Node];

#[remote]
impl Account {
    pub fn earn(&mut self, #[resource(wide)] gold: u64) {
        self.gold = self.gold.saturating_add(gold);
    }

    pub fn check(&self, password: String) -> bool {
        self.password == password
    }

    pub fn walk(&mut self, path: Option<f64>) {
        self.path.push(path.unwrap_or(f64::NAN));
    }

    pub fn grow(&mut self) {
        self.height = Some(f64::INFINITY);
    }

    pub fn lose(&mut self) {
        self.points = f64::NEG_INFINITY;
    }

    pub fn number(&mut self) {
        self.numbers.push(u64::MAX);
    }

    pub fn forge(&mut self) {
        self.since = 1;
        self.touched = 2;
        self.revision = 3;
    }

    pub fn lock(&mut self, key: u32) {
        self.key = Some(key);
    }

    pub fn numbers() -> Vec<u64> {
        vec![1, u64::MAX]
    }

    pub fn exact() -> (u64, String) {
        ((1 << 53) - 1, u64::MAX.to_string())
    }
}

/// A resource with a numeric id and a required name.
#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Node {
    id: u32,
    name: String,
}

/// A resource with a UUID as its id, and with values that have more than one JSON representation.
#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Token {
    id: Uuid,
    #[resource(read_only, default = 1.0)]
    weight: f64,
    #[resource(default)]
    uses: HashMap<String, i64>,
    state: Option<State>,
    #[resource(private, default = Seal { wax: "red".to_owned() })]
    seal: Seal,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The token has no holder.
    Lost,
    /// The token has a holder.
    Held,
}

/// A private value, which is never sent to clients.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Seal {
    wax: String,
}

/// A resource with an id property that is not named `id`, and with renamed properties.
#[derive(Serialize, Deserialize, Resource)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    #[resource(id)]
    slug: String,
    #[serde(rename = "heading")]
    title: String,
    #[resource(default)]
    view_count: u32,
}

#[remote]
impl Page {
    pub fn view(&mut self, id: u32) -> u32 {
        self.view_count += id;
        self.view_count
    }
}

/// A resource without some of its actions.
#[derive(Serialize, Deserialize, Resource)]
#[resource(except(update, destroy), page(2, 3))]
pub(crate) struct Note {
    id: u32,
}
