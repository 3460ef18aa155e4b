//! Snapshots of some resources.

use super::shared_file::SharedFile;
use crate::core::error::{Error, Result};
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter};
use crate::store::scan::{RunningScan, ScanPermit, StopSignal, too_old};
use crate::store::sqlite::read::readers::{LongRead, SnapshotReader};
use crate::store::sqlite::read::search::TableSearch;
use crate::store::sqlite::tables::table::SqliteTable;
use crate::store::{Found, MaybeReady, Several, Snapshot, boxed};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A connection with an unchanging view.
#[derive(Debug)]
pub(super) struct SqliteSnapshot {
    seq: u64,
    resources: Vec<usize>,
    shared: Arc<SharedFile>,
    reader: Arc<KeptReader>,
}

/// The connection of a snapshot, until that is dropped or has to end.
#[derive(Debug)]
struct KeptReader {
    /// The connection and its permit, held until the last scan has ended.
    reader: Mutex<Option<(SnapshotReader, ScanPermit)>>,
    /// The scan that uses the connection.
    scan: Mutex<Option<Arc<StopSignal>>>,
    has_ended: AtomicBool,
}

impl KeptReader {
    /// Evaluates `see` on the connection; `stop` ends the scan that it is a part of.
    fn see<T>(
        &self,
        stop: Arc<StopSignal>,
        see: impl FnOnce(&SnapshotReader) -> Result<T>,
    ) -> Result<T> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        *self.scan() = Some(stop);
        let seen = match &*reader {
            Some((reader, _)) if !self.has_ended.load(Ordering::SeqCst) => see(reader),
            _ => Err(too_old()),
        };
        *self.scan() = None;
        if self.has_ended.load(Ordering::SeqCst) {
            *reader = None;
        }
        seen
    }

    fn scan(&self) -> MutexGuard<'_, Option<Arc<StopSignal>>> {
        self.scan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LongRead for KeptReader {
    fn end(&self) {
        self.has_ended.store(true, Ordering::SeqCst);
        if let Some(scan) = &*self.scan() {
            scan.end();
        }
        // Otherwise the scan that uses it releases it.
        if let Ok(mut reader) = self.reader.try_lock() {
            *reader = None;
        }
    }
}

impl SqliteSnapshot {
    pub(super) async fn new(shared: Arc<SharedFile>, resources: Vec<usize>) -> Result<Self> {
        for &resource in &resources {
            SqliteTable::of(shared.tables(), resource)?;
        }
        let reader = shared.freeze().await?;
        let seq = reader.0.seq();
        let reader = Arc::new(KeptReader {
            reader: Mutex::new(Some(reader)),
            scan: Mutex::default(),
            has_ended: AtomicBool::new(false),
        });
        let tracked: Weak<KeptReader> = Arc::downgrade(&reader);
        shared.readers.track(tracked);
        Ok(Self {
            seq,
            resources,
            shared,
            reader,
        })
    }

    /// Evaluates `see` on a table.
    fn see<T: Send + 'static>(
        &self,
        resource: usize,
        see: impl FnOnce(TableSearch<'_>) -> Result<T> + Send + 'static,
    ) -> MaybeReady<'_, Result<T>> {
        boxed(async move {
            if !self.resources.contains(&resource) {
                let message = "the snapshot was not taken of this resource";
                return Err(Error::internal(message));
            }
            let (shared, reader) = (Arc::clone(&self.shared), Arc::clone(&self.reader));
            let stop = Arc::<StopSignal>::default();
            let of_scan = Arc::clone(&stop);
            let read = move |scan: &RunningScan| {
                reader.see(of_scan, |reader| shared.search(reader, resource, scan, see))
            };
            // The snapshot holds the permit.
            self.shared.scans.run_with(None, stop, read).await
        })
    }
}

impl Snapshot for SqliteSnapshot {
    fn seq(&self) -> u64 {
        self.seq
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<Several>> {
        self.see(resource, move |search| search.get_many(&ids, max_bytes))
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<Found>> {
        self.see(resource, move |search| search.find(&query))
    }

    fn related(
        &self,
        resource: usize,
        property: usize,
        values: Vec<Scalar<'static>>,
        filter: QueryFilter,
        limit: usize,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<Vec<Found>>> {
        self.see(resource, move |search| {
            search.related(property, &values, &filter, limit, max_bytes)
        })
    }
}
