//! A bounded pool of read connections.

use crate::core::error::{Error, ErrorKind, Result};
use crate::store::sqlite::failure::{closed, failure, replaced};
use crate::store::sqlite::file::open_reader;
use crate::store::sqlite::file_identity::{FileIdentity, is_same};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use std::{fmt, mem};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

/// The maximum number of concurrent reads, including snapshots.
const MAX_READERS: usize = MAX_READERS_U32 as usize;
const MAX_READERS_U32: u32 = 64;
/// The maximum number of scans among them, including snapshots: the rest is reserved for look-ups, the
/// log and idempotency keys.
pub(crate) const MAX_SCANS: usize = 48;
/// The maximum number of idle connections.
const MAX_IDLE: usize = 8;
/// How long a read waits for another one to end.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long closing waits for running reads.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A pool of idle connections.
#[derive(Debug)]
pub(crate) struct ReaderPool {
    path: PathBuf,
    /// The file that the writer has open.
    opened: Option<FileIdentity>,
    /// `None` after the store was closed.
    idle: Mutex<Option<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    /// Long reads, and their start.
    long: Mutex<Vec<(Instant, Weak<dyn LongRead>)>>,
    /// Whether new long reads wait until the write-ahead log is short again.
    is_closed: watch::Sender<bool>,
}

/// A read that may take long, and that prevents the write-ahead log from being shortened.
pub(crate) trait LongRead: fmt::Debug + Send + Sync {
    /// Ends the read soon, with an error.
    fn end(&self);
}

/// Permission to use a connection.
#[derive(Debug)]
pub(crate) struct ReaderPermit {
    readers: Arc<ReaderPool>,
    permit: OwnedSemaphorePermit,
}

/// A connection with a view of the file at one commit.
#[derive(Debug)]
pub(crate) struct SnapshotReader {
    connection: Option<Connection>,
    seq: u64,
    readers: Arc<ReaderPool>,
    /// The permission, if one was acquired.
    permit: Option<OwnedSemaphorePermit>,
}

impl ReaderPool {
    pub(crate) fn new(path: PathBuf, opened: Option<FileIdentity>) -> Self {
        Self {
            path,
            opened,
            idle: Mutex::new(Some(Vec::new())),
            permits: Arc::new(Semaphore::new(MAX_READERS)),
            long: Mutex::default(),
            is_closed: watch::Sender::new(false),
        }
    }

    /// Waits until new long reads may begin.
    pub(crate) async fn wait_until_open(&self) -> Result<()> {
        if !*self.is_closed.borrow() {
            return Ok(());
        }
        let mut is_closed = self.is_closed.subscribe();
        match timeout(READ_TIMEOUT, is_closed.wait_for(|is_closed| !is_closed)).await {
            Ok(_) => Ok(()),
            Err(_) => Err(busy()),
        }
    }

    /// Makes new long reads wait.
    pub(crate) fn close_gate(&self) {
        self.is_closed.send_replace(true);
    }

    /// Allows new long reads again.
    pub(crate) fn open(&self) {
        self.is_closed.send_if_modified(mem::take);
    }

    /// Registers a long read. It is unregistered when it is dropped.
    pub(crate) fn track(&self, read: Weak<dyn LongRead>) {
        let mut long = self.long();
        long.retain(|(_, read)| read.strong_count() > 0);
        long.push((Instant::now(), read));
    }

    /// Ends the long reads that are older than `age`.
    pub(crate) fn end_older_than(&self, age: Duration) {
        let old = |(since, _): &&(Instant, _)| since.elapsed() >= age;
        let old: Vec<_> = self.long().iter().filter(old).cloned().collect();
        for read in old.into_iter().filter_map(|(_, read)| read.upgrade()) {
            read.end();
        }
    }

    fn long(&self) -> MutexGuard<'_, Vec<(Instant, Weak<dyn LongRead>)>> {
        self.long.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the idle connections, and each used one when it is returned.
    pub(crate) fn close(&self) {
        drop(self.idle().take());
    }

    /// Checks that the path still leads to the file that the writer has open.
    ///
    /// # Errors
    ///
    /// `unavailable` if the file was removed or replaced: another file has other records.
    pub(crate) fn check_file(&self) -> Result<()> {
        if is_same(&self.path, self.opened) {
            Ok(())
        } else {
            Err(replaced())
        }
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a while until no connection is in use, and prevents further use. Returns whether none is
    /// in use.
    pub(crate) async fn drain(&self) -> bool {
        let all = self.permits.acquire_many(MAX_READERS_U32);
        let drained = timeout(CLOSE_TIMEOUT, all).await;
        let is_drained = matches!(drained, Ok(Ok(_)));
        self.permits.close();
        is_drained
    }

    /// Waits for permission to use a connection.
    pub(crate) async fn acquire(readers: &Arc<Self>) -> Result<ReaderPermit> {
        let permit = Arc::clone(&readers.permits).acquire_owned();
        Ok(ReaderPermit {
            readers: Arc::clone(readers),
            permit: acquire_in_time(permit).await?,
        })
    }

    /// Begins a view without a permit, for rare reads. Blocks on the disk.
    pub(crate) fn begin(self: &Arc<Self>) -> Result<SnapshotReader> {
        match self.begin_at_once() {
            Some(reader) => reader,
            None if self.idle().is_none() => Err(closed()),
            None => {
                self.check_file()?;
                self.see(open_reader(&self.path).map_err(failure)?)
            }
        }
    }

    /// Begins a view if an idle connection is available.
    pub(crate) fn begin_at_once(self: &Arc<Self>) -> Option<Result<SnapshotReader>> {
        let connection = self.idle().as_mut()?.pop()?;
        Some(self.see(connection))
    }

    fn see(self: &Arc<Self>, connection: Connection) -> Result<SnapshotReader> {
        let head = || {
            connection.prepare_cached("BEGIN")?.execute([])?;
            let head = "SELECT coalesce(max(seq), 0) FROM sockful_log";
            let mut head = connection.prepare_cached(head)?;
            head.query_row([], |row| row.get::<_, i64>(0))
        };
        let seq = head().map_err(failure)?.cast_unsigned();
        Ok(SnapshotReader {
            connection: Some(connection),
            seq,
            readers: Arc::clone(self),
            permit: None,
        })
    }
}

/// Waits for a permit, up to a timeout.
pub(crate) async fn acquire_in_time<P>(
    permit: impl Future<Output = Result<P, AcquireError>>,
) -> Result<P> {
    match timeout(READ_TIMEOUT, permit).await {
        Ok(permit) => permit.map_err(|_| closed()),
        Err(_) => Err(busy()),
    }
}

fn busy() -> Error {
    Error::new(ErrorKind::Unavailable, "the store is busy")
}

impl ReaderPermit {
    /// Begins a view. Blocks on the disk.
    pub(crate) fn begin(self) -> Result<SnapshotReader> {
        let mut reader = self.readers.begin()?;
        reader.permit = Some(self.permit);
        Ok(reader)
    }
}

impl SnapshotReader {
    pub(crate) fn connection(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("the value is taken only at the end"),
        }
    }

    /// Returns the number of the newest commit in the view.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }
}

impl Drop for SnapshotReader {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if rolled_back(&connection).is_err() {
            return;
        }
        if let Some(idle) = &mut *self.readers.idle()
            && idle.len() < MAX_IDLE
        {
            idle.push(connection);
        }
    }
}

fn rolled_back(connection: &Connection) -> rusqlite::Result<usize> {
    connection.prepare_cached("ROLLBACK")?.execute([])
}
