//! A server that records all of its commits.

use super::super::{Checkpoints, Client, TestServer};
use super::CommitHistory;
use futures_util::future::Either;
use sockful::store::{
    Commit, Committed, Counted, Expired, Filter, Found, Lookup, MaybeReady, Memory, Query, Record,
    Rejected, ResourceDef, Several, Snapshot, Store, View, boxed, ready,
};
use sockful::{Config, Error, Resources, Server, ServerHandle};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use uuid::Uuid;

type Result<T, E = Error> = std::result::Result<T, E>;

/// A server that records all of its commits.
pub(crate) struct RecordingServer {
    address: SocketAddr,
    running: Mutex<TestServer>,
    pub(crate) history: CommitHistory,
    handle: ServerHandle,
    pub(crate) fold_after: usize,
}

impl RecordingServer {
    /// Starts a server with the config that `change` sets.
    pub(crate) async fn with(resources: Resources, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        change(&mut config);
        let fold_after = config.fold_after;
        let history = CommitHistory::default();
        let store = RecordingStore {
            memory: Memory::with_config(&config),
            history: history.clone(),
        };
        let checkpoints = Checkpoints::default();
        let server = Server::new(resources).config(config).store(store);
        let handle = server.state(checkpoints.clone()).open().await;
        let handle = handle.expect("a memory store opens");
        let running = TestServer::from_handle(handle.clone(), checkpoints).await;
        Self {
            address: running.address,
            running: Mutex::new(running),
            history,
            handle,
            fold_after,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        let mut client = Client::connect(self.address).await;
        client.recv().await;
        client
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.stop();
    }

    /// Whether the log holds all that follows commit `seq`.
    pub(super) async fn reaches(&self, seq: u64) -> bool {
        self.handle.store().log(seq, 1).await.is_ok()
    }

    /// The number of the newest commit.
    pub(crate) async fn head(&self) -> u64 {
        self.handle.store().head().await.expect("memory answers")
    }
}

/// An in-memory store that records all of its commits.
#[derive(Debug)]
struct RecordingStore {
    memory: Memory,
    history: CommitHistory,
}

impl Store for Noting {
    fn open(&self, resources: &[&'static ResourceDef]) -> MaybeReady<'_, Result<()>> {
        self.memory.open(resources)
    }

    fn epoch(&self) -> &str {
        self.memory.epoch()
    }

    fn head(&self) -> MaybeReady<'_, Result<u64>> {
        self.memory.head()
    }

    fn get(&self, resource: usize, id: &str) -> MaybeReady<'_, Result<View<Option<Arc<Record>>>>> {
        self.memory.get(resource, id)
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
    ) -> MaybeReady<'_, Result<View<Several>>> {
        self.memory.get_many(resource, ids)
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>> {
        self.memory.find(resource, query)
    }

    fn count(&self, resource: usize, filter: Filter) -> MaybeReady<'_, Result<View<Counted>>> {
        self.memory.count(resource, filter)
    }

    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>> {
        self.memory.snapshot(resources)
    }

    fn completed(&self, caller: &str, key: Uuid) -> MaybeReady<'_, Result<Lookup>> {
        self.memory.completed(caller, key)
    }

    fn commit(&self, commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>> {
        let note = |done: Result<Arc<Committed>, Rejected>| {
            done.inspect(|committed| self.history.note(committed))
        };
        match self.memory.commit(commit) {
            Either::Left(done) => ready(note(done.into_inner())),
            Either::Right(done) => boxed(async move { note(done.await) }),
        }
    }

    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>> {
        self.memory.log(after, max)
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.memory.watch()
    }
}
