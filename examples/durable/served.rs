//! What the server serves: what is counted, what is made, and what changes together.

use serde::{Deserialize, Serialize};
use sockful::store::Sqlite;
use sockful::{Config, Context, Resource, Resources, Result, Server, remote, resources};
use std::path::Path;
use std::{panic, process};

pub(crate) const RESOURCES: Resources = resources![Account, Receipt, Line];

/// How many lines a receipt has.
pub(crate) const LINES: usize = 2;

/// What one client counts, and moves to others and back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Resource)]
pub(crate) struct Account {
    pub id: String,
    #[resource(default)]
    pub deposits: i64,
    /// How often it has given.
    #[resource(default)]
    pub transfers: i64,
    /// The sum over all accounts is nothing.
    #[resource(default)]
    pub balance: i64,
}

#[remote]
impl Account {
    /// Counts one more.
    pub fn deposit(&mut self) {
        self.deposits += 1;
    }

    /// Moves an amount from one to another.
    pub async fn transfer(ctx: &Context, from: String, to: String, amount: i64) -> Result<()> {
        let accounts = ctx.of::<Self>();
        let (giver, taker) = (accounts.get(&from).await?, accounts.get(&to).await?);
        let poorer = AccountPatch {
            transfers: Some(giver.transfers + 1),
            balance: Some(giver.balance - amount),
            ..AccountPatch::default()
        };
        accounts.update(&from, poorer).await?;
        let richer = AccountPatch {
            balance: Some(taker.balance + amount),
            ..AccountPatch::default()
        };
        accounts.update(&to, richer).await.map(drop)
    }
}

/// What one client has made; its id is the server's, so that one that is made twice shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Resource)]
pub(crate) struct Receipt {
    pub id: String,
    pub account: String,
    pub number: i64,
    pub text: String,
    /// How many lines it has.
    #[resource(default)]
    pub length: usize,
    #[resource(default)]
    pub is_read: bool,
}

#[remote]
impl Receipt {
    /// Gives it its lines.
    pub async fn itemise(&mut self, ctx: &Context) -> Result<()> {
        for _ in 0..LINES {
            let line = NewLine {
                id: None,
                receipt_id: self.id.clone(),
            };
            ctx.of::<Line>().create(line).await?;
        }
        self.length += LINES;
        Ok(())
    }
}

/// Goes with its receipt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Resource)]
pub(crate) struct Line {
    pub id: String,
    #[resource(parent = Receipt, on_destroy = "cascade")]
    pub receipt_id: String,
}

/// The server of what is in `file`.
pub(crate) fn server(file: &Path) -> Result<Server> {
    let mut config = Config::default();
    // What is resumed is told one by one, out of the file for the most part, and every key is remembered.
    (config.log_capacity, config.stored_log_capacity) = (1 << 14, 1 << 30);
    (config.ring_capacity, config.max_replayed) = (1 << 14, usize::MAX);
    config.fold_after = usize::MAX;
    (config.max_keys, config.max_keys_per_caller) = (1 << 24, 1 << 24);
    (config.key_capacity, config.max_request_rate) = (1 << 30, 1 << 20);
    let store = Sqlite::with_config(file, &config)?;
    Ok(Server::new(RESOURCES).store(store).config(config))
}

pub(crate) async fn serve(file: &Path, port: &str) -> Result<()> {
    let tell = panic::take_hook();
    // Wherever it panics, it shows by its end.
    panic::set_hook(Box::new(move |info| {
        tell(info);
        process::exit(101);
    }));
    server(file)?.listen(format!("127.0.0.1:{port}")).await
}
