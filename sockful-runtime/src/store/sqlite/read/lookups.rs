//! Look-ups of records by id, on the caller's thread while they are fast.

use super::lookup_latency::LookupLatency;
use super::readers::{ReaderPool, SnapshotReader, acquire_in_time};
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::store::View;
use crate::store::sqlite::tables::table::SqliteTable;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;

/// The maximum number of waiting and running look-ups.
const MAX_WAITING: usize = 1_024;
/// The number of look-ups that one thread runs on one view of the file.
const AT_ONCE: usize = 64;
/// The number of waiting look-ups per thread above which another one is started, up to the maximum.
const WAITING_PER_THREAD: usize = 32;
const MAX_THREADS: usize = 4;

/// Look-ups of records by id.
///
/// Waking a thread takes longer than a look-up in the page cache, so look-ups run on the caller's
/// thread while they are fast. Otherwise a thread runs all that have arrived, and more threads help if
/// it cannot keep up.
#[derive(Debug)]
pub(crate) struct Lookups {
    readers: Arc<ReaderPool>,
    tables: Arc<[SqliteTable]>,
    permits: Arc<Semaphore>,
    queue: Mutex<LookupQueue>,
    latency: LookupLatency,
}

#[derive(Debug, Default)]
struct LookupQueue {
    waiting: Vec<PendingLookup>,
    threads: usize,
}

/// A record, or that there is none, and the number of the newest commit that the look-up saw.
pub(crate) type LookedUp = Result<View<Option<Arc<Record>>>>;

#[derive(Debug)]
struct PendingLookup {
    resource: usize,
    id: Box<str>,
    result: oneshot::Sender<LookedUp>,
    /// Held until the look-up has run, even if its caller has been dropped.
    _permit: OwnedSemaphorePermit,
}

/// A thread that runs look-ups. It is counted until the queue is empty.
struct LookupThread {
    lookups: Arc<Lookups>,
    is_counted: bool,
}

impl Lookups {
    pub(crate) fn new(readers: Arc<ReaderPool>, tables: Arc<[SqliteTable]>) -> Self {
        Self {
            readers,
            tables,
            permits: Arc::new(Semaphore::new(MAX_WAITING)),
            queue: Mutex::default(),
            latency: LookupLatency::default(),
        }
    }

    fn queue(&self) -> MutexGuard<'_, LookupQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks a record up on this thread, if that is fast and a connection is idle.
    pub(crate) fn try_now(&self, resource: usize, id: &str) -> Option<LookedUp> {
        if !self.latency.is_quick() {
            return None;
        }
        let start = Instant::now();
        let reader = self.readers.begin_at_once()?;
        let found = reader.and_then(|reader| self.find(&reader, resource, id));
        self.latency.record(start.elapsed());
        Some(found)
    }

    /// Looks a record up on another thread.
    pub(crate) async fn run(self: &Arc<Self>, resource: usize, id: Box<str>) -> LookedUp {
        let permit = Arc::clone(&self.permits).acquire_owned();
        let (result, received) = oneshot::channel();
        let lookup = PendingLookup {
            resource,
            id,
            result,
            _permit: acquire_in_time(permit).await?,
        };
        if self.push(lookup) {
            let thread = LookupThread {
                lookups: Arc::clone(self),
                is_counted: true,
            };
            drop(spawn_blocking(move || thread.run()));
        }
        received.await.map_err(Error::internal)?
    }

    /// Queues a look-up, and returns whether another thread has to be started.
    fn push(&self, lookup: PendingLookup) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(lookup);
        let is_behind = queue.waiting.len() > queue.threads * WAITING_PER_THREAD;
        let starts = is_behind && queue.threads < MAX_THREADS;
        queue.threads += usize::from(starts);
        starts
    }

    fn find(&self, reader: &SnapshotReader, resource: usize, id: &str) -> LookedUp {
        let table = SqliteTable::of(&self.tables, resource)?;
        let value = table.get(reader.connection(), id)?;
        let seq = reader.seq();
        Ok(View { seq, value })
    }
}

impl LookupThread {
    fn run(mut self) {
        while let Some(lookups) = self.next() {
            let reader = self.lookups.readers.begin();
            for lookup in lookups {
                if lookup.result.is_closed() {
                    continue;
                }
                let start = Instant::now();
                let find = |it: &SnapshotReader| self.lookups.find(it, lookup.resource, &lookup.id);
                let found = match &reader {
                    Ok(reader) => find(reader),
                    // Errors cannot be cloned: each look-up gets its own.
                    Err(_) => self
                        .lookups
                        .readers
                        .begin()
                        .and_then(|reader| find(&reader)),
                };
                self.lookups.latency.record(start.elapsed());
                // The caller may have been dropped.
                drop(lookup.result.send(found));
            }
        }
    }

    fn next(&mut self) -> Option<Vec<PendingLookup>> {
        let mut queue = self.lookups.queue();
        if queue.waiting.is_empty() {
            queue.threads -= 1;
            self.is_counted = false;
            return None;
        }
        let first = queue.waiting.len().min(AT_ONCE);
        Some(queue.waiting.drain(..first).collect())
    }
}

impl Drop for LookupThread {
    fn drop(&mut self) {
        // It may never have run, if the runtime shuts down.
        if self.is_counted {
            let mut queue = self.lookups.queue();
            queue.threads -= 1;
            if queue.threads == 0 {
                // No thread is left to run them.
                queue.waiting.clear();
            }
        }
    }
}
