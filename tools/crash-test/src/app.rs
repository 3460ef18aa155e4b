//! The application under test: counters, created records, and records that change together.

use serde::{Deserialize, Serialize};
use sockful::store::Sqlite;
use sockful::{Config, Context, Resource, Resources, Result, Server, remote, resources};
use std::path::Path;
use std::{panic, process};

pub(crate) const RESOURCES: Resources = resources![Account, Receipt, Line];

/// The number of lines of an itemised receipt.
pub(crate) const LINES: usize = 2;

/// The account of one client, which counts deposits and transfers amounts to others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Resource)]
pub(crate) struct Account {
    pub id: String,
    #[resource(default)]
    pub deposits: i64,
    /// The number of outgoing transfers.
    #[resource(default)]
    pub transfers: i64,
    /// The sum over all accounts is zero.
    #[resource(default)]
    pub balance: i64,
}

#[remote]
impl Account {
    /// Counts one deposit.
    pub fn deposit(&mut self) {
        self.deposits += 1;
    }

    /// Transfers an amount between two accounts.
    pub async fn transfer(ctx: &Context, from: String, to: String, amount: i64) -> Result<()> {
        let accounts = ctx.records::<Self>();
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

/// A record that a client created. The server assigns its id, so that a duplicate is detected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Resource)]
pub(crate) struct Receipt {
    pub id: String,
    pub account: String,
    pub number: i64,
    pub text: String,
    /// The number of its lines.
    #[resource(default)]
    pub length: usize,
    #[resource(default)]
    pub is_read: bool,
}

#[remote]
impl Receipt {
    /// Creates its lines.
    pub async fn itemise(&mut self, ctx: &Context) -> Result<()> {
        for _ in 0..LINES {
            let line = NewLine {
                id: None,
                receipt_id: self.id.clone(),
            };
            ctx.records::<Line>().create(line).await?;
        }
        self.length += LINES;
        Ok(())
    }
}

/// A line, destroyed together with its receipt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Resource)]
pub(crate) struct Line {
    pub id: String,
    #[resource(parent = Receipt, on_destroy = "cascade")]
    pub receipt_id: String,
}

/// The server of the records in `file`.
pub(crate) fn server(file: &Path) -> Result<Server> {
    let mut config = Config::default();
    // Resumed subscriptions get every commit, mostly from the file; no idempotency key is forgotten.
    (config.store.log_capacity, config.store.stored_log_capacity) = (1 << 14, 1 << 30);
    (config.live.ring_capacity, config.live.max_replayed) = (1 << 14, usize::MAX);
    config.live.fold_after = usize::MAX;
    (config.store.max_keys, config.store.max_keys_per_caller) = (1 << 24, 1 << 24);
    (config.store.key_capacity, config.request.max_request_rate) = (1 << 30, 1 << 20);
    let store = Sqlite::with_config(file, &config)?;
    Ok(Server::new(RESOURCES).store(store).config(config))
}

pub(crate) async fn serve(file: &Path, port: &str) -> Result<()> {
    let default_hook = panic::take_hook();
    // A panic on any thread ends the process, so that the harness sees it.
    panic::set_hook(Box::new(move |info| {
        default_hook(info);
        process::exit(101);
    }));
    server(file)?.listen(format!("127.0.0.1:{port}")).await
}
