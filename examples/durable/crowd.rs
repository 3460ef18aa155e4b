//! All who are connected: those who write, one who is told of everything, and one who looks.

use crate::book::Book;
use crate::follower::Heard;
use crate::process::Place;
use crate::served::{Account, LINES, Line, Receipt};
use crate::tally::Count;
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

/// How far they are, for all to see.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) acknowledged: AtomicU64,
    pub(crate) told: AtomicU64,
    /// The number of the newest commit that was told.
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
            told: self.told.load(Relaxed),
        }
    }

    /// Waits until each client has its account.
    pub(crate) async fn opened(&self) {
        self.are_open.wait().await;
    }
}

#[derive(Debug)]
pub(crate) struct Crowd {
    pub(crate) progress: Arc<Progress>,
    writers: JoinSet<Result<(String, i64)>>,
    reading: Vec<JoinHandle<Result<()>>>,
    accounts: Heard<Account>,
    receipts: Heard<Receipt>,
    lines: Heard<Line>,
}

/// Connects to the server, whenever it is there.
pub(crate) fn connect(port: &str) -> Result<Client> {
    Client::builder(format!("ws://127.0.0.1:{port}"))
        .backoff(Duration::from_millis(2), Duration::from_millis(20))
        .timeout(Duration::from_secs(60))
        .start()
}

impl Crowd {
    /// Begins with an empty store, whose server runs.
    pub(crate) async fn gather(port: &str) -> Result<Self> {
        let progress = Arc::new(Progress {
            acknowledged: AtomicU64::new(0),
            told: AtomicU64::new(0),
            head: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            are_open: Barrier::new(usize::try_from(CLIENTS).map_err(Error::internal)?),
        });
        let client = connect(port)?;
        let (accounts, one) = Heard::new(&client, &progress);
        let (receipts, two) = Heard::new(&client, &progress);
        let (lines, three) = Heard::new(&client, &progress);
        let looking = tokio::spawn(look(client));
        let (one, two, three) = (tokio::spawn(one), tokio::spawn(two), tokio::spawn(three));
        let reading = vec![one, two, three, looking];
        let have_begun = || accounts.has_begun() && receipts.has_begun() && lines.has_begun();
        wait_until("the subscriptions begin", have_begun).await?;
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

    /// Fails where a client has ended: nothing but a loss ends one.
    pub(crate) async fn is_well(&mut self) -> Result<()> {
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

    /// Has everybody finish what they do, with a server that runs until then; gives what the clients
    /// have done.
    pub(crate) async fn finish(&mut self) -> Result<BTreeMap<String, i64>> {
        self.progress.is_over.store(true, Relaxed);
        let mut rounds = BTreeMap::new();
        while let Some(ended) = self.writers.join_next().await {
            let (account, many) = ended.map_err(Error::internal)??;
            rounds.insert(account, many);
        }
        Ok(rounds)
    }

    /// Waits until all of it is told, or should be, and a little longer for what is told twice.
    pub(crate) async fn hear(&mut self, rounds: &BTreeMap<String, i64>) -> Result<()> {
        let (lines, kept) = (LINES as u64, KEPT as u64);
        let events = rounds.values().map(|many| {
            let many = many.cast_unsigned();
            let destroyed = many.saturating_sub(kept);
            1 + many * (6 + lines) + destroyed * (1 + lines)
        });
        let expected: u64 = events.sum();
        let progress = Arc::clone(&self.progress);
        let is_told = || progress.told.load(Relaxed) >= expected;
        // What is missing is found when it is compared.
        drop(wait_until("everything is told", is_told).await);
        self.is_well().await?;
        sleep(Duration::from_millis(100)).await;
        Ok(())
    }

    /// Compares what is stored with what was acknowledged and told, when the server is gone.
    pub(crate) async fn judge(self, place: &Place, rounds: &BTreeMap<String, i64>) -> Result<()> {
        self.reading.iter().for_each(JoinHandle::abort);
        place.check()?;
        let book = Book::read(&place.file).await?;
        book.has_each_once(rounds)?;
        book.was_told(
            self.accounts.told(),
            self.receipts.told(),
            self.lines.told(),
        )
    }
}

/// Looks at all accounts again and again: whatever moves between them, together they have nothing.
async fn look(client: Client) -> Result<()> {
    loop {
        let accounts = client.of::<Account>().find(Filter::all()).await;
        let accounts = accounts.map_err(|error| lost(format!("nothing can be read: {error}")))?;
        let sum: i64 = accounts.iter().map(|it| it.balance).sum();
        if sum != 0 {
            return Err(lost(format!("the accounts have {sum} together")));
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Waits for 20 seconds at most.
pub(crate) async fn wait_until(what: &str, is_so: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        if Instant::now() > deadline {
            return Err(lost(format!("it does not come to pass that {what}")));
        }
        sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}
