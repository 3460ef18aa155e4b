//! All clients: writers, one that subscribes to everything, and one that reads.

use crate::app::{Account, LINES, Line, Receipt};
use crate::audit::Audit;
use crate::server_process::Setup;
use crate::stats::Count;
use crate::subscriber::Subscriber;
use crate::writer::{self, KEPT};
use crate::{CLIENTS, lost};
use sockful::client::Client;
use sockful::{Error, Filter, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;
use tokio::sync::Barrier;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

/// The progress of all clients, shared between them.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) acknowledged: AtomicU64,
    pub(crate) events: AtomicU64,
    /// The number of the newest commit that was received.
    pub(crate) head: AtomicU64,
    is_over: AtomicBool,
    are_open: Barrier,
}

impl Progress {
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Relaxed)
    }

    pub(crate) fn count(&self) -> Count {
        Count {
            acknowledged: self.acknowledged.load(Relaxed),
            commits: self.head.load(Relaxed),
            events: self.events.load(Relaxed),
        }
    }

    /// Waits until each client has its account.
    pub(crate) async fn opened(&self) {
        self.are_open.wait().await;
    }
}

#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) progress: Arc<Progress>,
    writers: JoinSet<Result<(String, i64)>>,
    reading: Vec<JoinHandle<Result<()>>>,
    accounts: Subscriber<Account>,
    receipts: Subscriber<Receipt>,
    lines: Subscriber<Line>,
}

/// Connects to the server as soon as it listens.
pub(crate) fn connect(port: &str) -> Result<Client> {
    Client::builder(format!("ws://127.0.0.1:{port}"))
        .backoff(Duration::from_millis(2), Duration::from_millis(20))
        .timeout(Duration::from_secs(60))
        .start()
}

impl Clients {
    /// Starts all clients. The server runs already and its store is empty.
    pub(crate) async fn start(port: &str) -> Result<Self> {
        let progress = Arc::new(Progress {
            acknowledged: AtomicU64::new(0),
            events: AtomicU64::new(0),
            head: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            are_open: Barrier::new(usize::try_from(CLIENTS).map_err(Error::internal)?),
        });
        let client = connect(port)?;
        let (accounts, one) = Subscriber::new(&client, &progress);
        let (receipts, two) = Subscriber::new(&client, &progress);
        let (lines, three) = Subscriber::new(&client, &progress);
        let balances = tokio::spawn(read_balances(client));
        let (one, two, three) = (tokio::spawn(one), tokio::spawn(two), tokio::spawn(three));
        let reading = vec![one, two, three, balances];
        let have_started =
            || accounts.has_started() && receipts.has_started() && lines.has_started();
        wait_until("the subscriptions to start", have_started).await?;
        let mut writers = JoinSet::new();
        for nth in 0..CLIENTS {
            writers.spawn(writer::write(connect(port)?, nth, Arc::clone(&progress)));
        }
        Ok(Self {
            progress,
            writers,
            reading,
            accounts,
            receipts,
            lines,
        })
    }

    /// Fails if a client has ended, which only a loss can cause.
    pub(crate) async fn check_running(&mut self) -> Result<()> {
        while let Some(ended) = self.writers.try_join_next() {
            ended.map_err(Error::internal)??;
        }
        for reading in &mut self.reading {
            if reading.is_finished() {
                reading.await.map_err(Error::internal)??;
            }
        }
        Ok(())
    }

    /// Lets the writers finish their round while the server runs. Returns the number of rounds by account.
    pub(crate) async fn finish(&mut self) -> Result<BTreeMap<String, i64>> {
        self.progress.is_over.store(true, Relaxed);
        let mut rounds = BTreeMap::new();
        while let Some(ended) = self.writers.join_next().await {
            let (account, many) = ended.map_err(Error::internal)??;
            rounds.insert(account, many);
        }
        Ok(rounds)
    }

    /// Waits until every expected event is received, and a little longer to catch duplicates.
    pub(crate) async fn wait_for_events(&mut self, rounds: &BTreeMap<String, i64>) -> Result<()> {
        let (lines, kept) = (LINES as u64, KEPT as u64);
        let events = rounds.values().map(|many| {
            let many = many.cast_unsigned();
            let destroyed = many.saturating_sub(kept);
            1 + many * (6 + lines) + destroyed * (1 + lines)
        });
        let expected: u64 = events.sum();
        let progress = Arc::clone(&self.progress);
        let is_complete = || progress.events.load(Relaxed) >= expected;
        // `verify` reports missing events.
        drop(wait_until("all events to be received", is_complete).await);
        self.check_running().await?;
        sleep(Duration::from_millis(100)).await;
        Ok(())
    }

    /// Compares the log with the acknowledged writes and the received events, after the server has ended.
    pub(crate) async fn verify(self, setup: &Setup, rounds: &BTreeMap<String, i64>) -> Result<()> {
        self.reading.iter().for_each(JoinHandle::abort);
        setup.check()?;
        let audit = Audit::read(&setup.file).await?;
        audit.check_operations(rounds)?;
        audit.check_events(
            self.accounts.events(),
            self.receipts.events(),
            self.lines.events(),
        )
    }
}

/// Reads all accounts repeatedly: the sum of their balances is always zero.
async fn read_balances(client: Client) -> Result<()> {
    loop {
        let accounts = client.records::<Account>().find(Filter::all()).await;
        let accounts = accounts.map_err(|error| lost(format!("a read failed: {error}")))?;
        let sum: i64 = accounts.iter().map(|it| it.balance).sum();
        if sum != 0 {
            return Err(lost(format!("the balances sum up to {sum}")));
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Waits at most 20 seconds for a condition.
pub(crate) async fn wait_until(what: &str, is_met: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_met() {
        if Instant::now() > deadline {
            return Err(lost(format!("timed out waiting for {what}")));
        }
        sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}
