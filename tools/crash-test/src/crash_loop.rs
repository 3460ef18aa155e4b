//! Kills one server after the other under the same clients.

use crate::app::server;
use crate::clients::Clients;
use crate::crash::Crash;
use crate::disk::{self, Disk, SyncMode};
use crate::random::Random;
use crate::server_process::Setup;
use crate::stats::Stats;
use sockful::Result;
use std::path::PathBuf;
use std::{env, fs};
use tokio::net::TcpListener;

/// The number of rounds with one store; then everything is compared and a new store is created.
const ROUNDS_PER_STORE: u32 = 50;
/// The number of rounds between two checks of the file.
const ROUNDS_PER_CHECK: u32 = 10;

/// A temporary folder with an empty store, removed on drop.
#[derive(Debug)]
pub(crate) struct TestStore {
    folder: PathBuf,
    pub(crate) setup: Setup,
}

impl TestStore {
    pub(crate) async fn new(sync: SyncMode) -> Result<Self> {
        let folder = env::temp_dir().join(format!("sockful-crash-test-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        // `disk.c` compares with paths from the kernel, which have no symbolic links.
        let file = folder.canonicalize()?.join("data.db");
        drop(server(&file)?.open().await?);
        disk::settle(&file)?;
        let free = TcpListener::bind("127.0.0.1:0").await?;
        let port = free.local_addr()?.port().to_string();
        let disk = Disk::build()?;
        let setup = Setup {
            file,
            port,
            disk,
            sync,
        };
        Ok(Self { folder, setup })
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        // A folder that is left behind is in the system's temporary folder.
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Runs this many rounds. Fails if anything was lost or applied twice.
pub(crate) async fn run(rounds: u32, random: &mut Random, sync: SyncMode) -> Result<Stats> {
    let mut stats = Stats::default();
    let mut left = rounds;
    while left > 0 {
        let some = left.min(ROUNDS_PER_STORE);
        let store = TestStore::new(sync).await?;
        one_store(some, random, &store.setup, &mut stats).await?;
        left -= some;
    }
    Ok(stats)
}

async fn one_store(
    rounds: u32,
    random: &mut Random,
    setup: &Setup,
    stats: &mut Stats,
) -> Result<()> {
    let first = setup.start(None)?;
    let mut clients = Clients::start(&setup.port).await?;
    drop(first);
    for round in 1..=rounds {
        let crash = Crash::draw(random, setup.disk.is_available());
        let before = clients.progress.count();
        let reached = crash.run(setup, random).await?;
        stats.add(crash, reached, clients.progress.count() - before);
        if round % ROUNDS_PER_CHECK == 0 {
            setup.check()?;
        }
        clients.check_running().await?;
    }
    let last = setup.start(None)?;
    let done = clients.finish().await?;
    clients.wait_for_events(&done).await?;
    drop(last);
    clients.verify(setup, &done).await
}
