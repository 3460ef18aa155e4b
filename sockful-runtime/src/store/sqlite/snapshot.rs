//! Some resources at one moment.

use super::shared_file::{SharedFile, aside};
use crate::core::error::{Error, Result};
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter};
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
    reader: Arc<Mutex<SnapshotReader>>,
}

impl SqliteSnapshot {
    pub(super) async fn new(shared: Arc<SharedFile>, resources: Vec<usize>) -> Result<Self> {
        for &resource in &resources {
            SqliteTable::of(shared.tables(), resource)?;
        }
        let reader = shared.freeze().await?;
        Ok(Self {
            seq: reader.seq(),
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
            aside(move || {
                let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
                see(TableSearch {
                    table: SqliteTable::of(shared.tables(), resource)?,
                    connection: reader.connection(),
                    max_visited: shared.max_visited,
                })
            })
            .await
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
        self.see(resource, move |search| {
            search.table.get_many(search.connection, &ids, max_bytes)
        })
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
