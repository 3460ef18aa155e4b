//! A server that records all of its commits.

use super::super::{Checkpoints, Client, TestServer};
use super::CommitHistory;
use sockful::store::Memory;
use sockful::{Config, Resources, Server, ServerHandle};
use sockful_runtime::store::testing::Intercept;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

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
        let fold_after = config.live.fold_after;
        let history = CommitHistory::default();
        let recorded = history.clone();
        let store = Intercept::new(Memory::with_config(&config))
            .on_commit(move |committed| recorded.record(committed));
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

    /// Whether the log has every commit after `seq`.
    pub(super) async fn reaches(&self, seq: u64) -> bool {
        self.handle.store().log(seq, 1).await.is_ok()
    }

    /// Waits for `commits` more commits.
    pub(crate) async fn more_commits(&self, commits: u64) {
        let store = self.handle.store();
        let until = self.head().await + commits;
        let reached = store
            .watch()
            .wait_for(|head| *head >= until)
            .await
            .map(|_| ());
        reached.expect("the store is open");
    }

    /// Returns the sequence number of the newest commit.
    pub(crate) async fn head(&self) -> u64 {
        self.handle
            .store()
            .head()
            .await
            .expect("a memory store does not fail")
    }
}
