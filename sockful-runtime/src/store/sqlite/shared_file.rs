//! The state shared by the writer, the readers and the store.

use super::failure::poisoned;
use super::history::History;
use crate::core::error::{Error, Result};
use crate::store::scan::{RunningScan, ScanPermit, Scans, StopReason, StopSignal};
use crate::store::sqlite::read::lookups::{LookedUp, Lookups};
use crate::store::sqlite::read::readers::{
    LongRead, MAX_SCANS, ReaderPermit, ReaderPool, SnapshotReader,
};
use crate::store::sqlite::read::search::TableSearch;
use crate::store::sqlite::tables::table::SqliteTable;
use crate::store::{View, head};
use rusqlite::Connection;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// An open file.
#[derive(Debug)]
pub(super) struct SharedFile {
    pub(super) readers: Arc<ReaderPool>,
    lookups: Arc<Lookups>,
    tables: Arc<[SqliteTable]>,
    history: Mutex<History>,
    head: Arc<watch::Sender<u64>>,
    is_poisoned: AtomicBool,
    max_visited: usize,
    pub(super) scans: Scans,
}

impl SharedFile {
    pub(super) fn new(
        readers: ReaderPool,
        tables: Arc<[SqliteTable]>,
        history: History,
        head: Arc<watch::Sender<u64>>,
        max_visited: usize,
    ) -> Self {
        head.send_replace(history.recent.head());
        let readers = Arc::new(readers);
        Self {
            lookups: Arc::new(Lookups::new(Arc::clone(&readers), Arc::clone(&tables))),
            readers,
            tables,
            history: Mutex::new(history),
            head,
            is_poisoned: AtomicBool::new(false),
            max_visited,
            scans: Scans::new(MAX_SCANS),
        }
    }

    pub(super) fn tables(&self) -> &[SqliteTable] {
        &self.tables
    }

    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_poisoned(&self) -> bool {
        self.is_poisoned.load(Ordering::Acquire)
    }

    /// Rejects all further commits.
    pub(super) fn poison(&self) {
        self.is_poisoned.store(true, Ordering::Release);
        self.head.send_modify(|_| {});
    }

    /// Returns the number of the newest published commit.
    pub(super) fn head(&self) -> u64 {
        *self.head.borrow()
    }

    /// Publishes a new head.
    pub(super) fn announce(&self, seq: u64) {
        head::raise(&self.head, seq);
    }

    /// Looks a record up on this thread, if that is fast and the view is published.
    pub(super) fn look_up_now(&self, resource: usize, id: &str) -> Option<LookedUp> {
        let found = self.lookups.try_now(resource, id)?;
        let is_published = |view: &View<_>| view.seq <= self.head();
        found.as_ref().is_ok_and(is_published).then_some(found)
    }

    /// Looks a record up on another thread.
    pub(super) async fn look_up(self: Arc<Self>, resource: usize, id: Box<str>) -> LookedUp {
        let view = self.lookups.run(resource, id).await?;
        self.published(view.seq).await?;
        Ok(view)
    }

    /// Evaluates `see` on the file at one commit.
    pub(super) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        see: impl FnOnce(&Self, &Connection) -> Result<T> + Send + 'static,
    ) -> Result<View<T>> {
        let reader = ReaderPool::acquire(&self.readers).await?;
        let shared = Arc::clone(&self);
        let read = move || {
            let reader = reader.begin()?;
            let value = see(&shared, reader.connection())?;
            let seq = reader.seq();
            Ok(View { seq, value })
        };
        let view = aside(read).await?;
        self.published(view.seq).await?;
        Ok(view)
    }

    /// Evaluates `see` on a table at one commit, in a scan.
    pub(super) async fn scan<T: Send + 'static>(
        self: Arc<Self>,
        resource: usize,
        see: impl FnOnce(TableSearch<'_>) -> Result<T> + Send + 'static,
    ) -> Result<View<T>> {
        let (permit, reader) = self.acquire_long().await?;
        let stop = Arc::<StopSignal>::default();
        let tracked: Weak<StopSignal> = Arc::downgrade(&stop);
        let shared = Arc::clone(&self);
        let read = move |scan: &RunningScan| {
            shared.readers.track(tracked);
            let reader = reader.begin()?;
            let value = shared.search(&reader, resource, scan, see)?;
            let seq = reader.seq();
            Ok(View { seq, value })
        };
        let view = self.scans.run_with(Some(permit), stop, read).await?;
        self.published(view.seq).await?;
        Ok(view)
    }

    /// Waits for permission for a long read.
    async fn acquire_long(&self) -> Result<(ScanPermit, ReaderPermit)> {
        let permit = self.scans.acquire().await?;
        self.readers.wait_until_open().await?;
        let reader = ReaderPool::acquire(&self.readers).await?;
        Ok((permit, reader))
    }

    /// Evaluates `see` on a table with this reader, until the scan is stopped.
    pub(super) fn search<T>(
        &self,
        reader: &SnapshotReader,
        resource: usize,
        scan: &RunningScan,
        see: impl FnOnce(TableSearch<'_>) -> Result<T>,
    ) -> Result<T> {
        let connection = reader.connection();
        let search = TableSearch {
            table: SqliteTable::of(&self.tables, resource)?,
            tables: &self.tables,
            connection,
            max_visited: self.max_visited,
            scan,
        };
        let interrupt = connection.get_interrupt_handle();
        scan.stop_signal().interruptible(
            move || interrupt.interrupt(),
            || {
                scan.check()?;
                see(search)
            },
        )
    }

    /// Returns a connection with a view of the current file, for as long as it is held.
    pub(super) async fn freeze(&self) -> Result<(SnapshotReader, ScanPermit)> {
        let (permit, reader) = self.acquire_long().await?;
        let reader = aside(move || reader.begin()).await?;
        self.published(reader.seq()).await?;
        Ok((reader, permit))
    }

    /// Waits until the log contains a commit that a reader has seen, which takes only a moment.
    pub(super) async fn published(&self, seq: u64) -> Result<()> {
        if self.head() >= seq {
            return Ok(());
        }
        let mut head = self.head.subscribe();
        let is_there = |head: &u64| *head >= seq || self.is_poisoned();
        let seen = head.wait_for(is_there).await.map_err(Error::internal)?;
        if *seen >= seq {
            Ok(())
        } else {
            Err(poisoned())
        }
    }
}

impl LongRead for StopSignal {
    fn end(&self) {
        self.stop(StopReason::TooOld);
    }
}

/// Runs `work`, which blocks on the disk, on a blocking thread.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Error::internal(error)))
}
