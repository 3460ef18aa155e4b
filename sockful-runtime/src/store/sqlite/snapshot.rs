//! Some resources at one moment.

use super::shared_file::SharedFile;
use crate::core::error::{Error, Result};
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter};
use crate::store::scan::{RunningScan, ScanPermit};
use crate::store::sqlite::read::readers::SnapshotReader;
use crate::store::sqlite::read::search::TableSearch;
use crate::store::sqlite::tables::table::SqliteTable;
use crate::store::{Found, MaybeReady, Several, Snapshot, boxed};
use std::sync::{Arc, Mutex, PoisonError};

/// A connection that goes on seeing what it saw at first.
#[derive(Debug)]
pub(super) struct SqliteSnapshot {
    seq: u64,
    resources: Vec<usize>,
    shared: Arc<SharedFile>,
    /// The permit is held until the last scan has ended.
    reader: Arc<Mutex<(SnapshotReader, ScanPermit)>>,
}

impl SqliteSnapshot {
    pub(super) async fn new(shared: Arc<SharedFile>, resources: Vec<usize>) -> Result<Self> {
        for &resource in &resources {
            SqliteTable::of(shared.tables(), resource)?;
        }
        let reader = shared.freeze().await?;
        Ok(Self {
            seq: reader.0.seq(),
            resources,
            shared,
            reader: Arc::new(Mutex::new(reader)),
        })
    }

    /// What `see` sees of a table.
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
            let read = move |scan: &RunningScan| {
                let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
                shared.search(&reader.0, resource, scan, see)
            };
            // The snapshot holds the permit.
            let scans = &self.shared.scans;
            scans.run_with(None, Arc::default(), read).await
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
