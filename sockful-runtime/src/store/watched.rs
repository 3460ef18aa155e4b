//! Memory that notes what it is asked for, for tests.

use super::{Counted, Expired, Found, MaybeReady, Memory, Several, Snapshot, Store, View, boxed};
use crate::core::error::Result;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::{Filter, Query};
use crate::store::commit::{Commit, Committed, Rejected};
use crate::store::idempotency::Lookup;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use uuid::Uuid;

/// Memory that notes what it is asked for, of snapshots too. No record is at hand at once.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    pub(crate) memory: Memory,
    calls: Arc<Calls>,
}

#[derive(Debug, Default)]
struct Calls(Mutex<Vec<&'static str>>);

impl Calls {
    fn note(&self, name: &'static str) {
        self.0.lock().expect("nothing panics").push(name);
    }
}

/// A snapshot whose reads are noted with those of its store.
#[derive(Debug)]
struct WatchedSnapshot {
    snapshot: Arc<dyn Snapshot>,
    calls: Arc<Calls>,
}

impl Watched {
    /// What it was asked for since this was asked last.
    pub(crate) fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.0.lock().expect("nothing panics"))
    }
}

impl Store for Watched {
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
        self.calls.note("get");
        let id = id.to_owned();
        boxed(async move {
            tokio::task::yield_now().await;
            self.memory.get(resource, &id).await
        })
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
    ) -> MaybeReady<'_, Result<View<Several>>> {
        self.calls.note("get_many");
        self.memory.get_many(resource, ids)
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>> {
        self.calls.note("find");
        self.memory.find(resource, query)
    }

    fn count(&self, resource: usize, filter: Filter) -> MaybeReady<'_, Result<View<Counted>>> {
        self.calls.note("count");
        self.memory.count(resource, filter)
    }

    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>> {
        self.calls.note("snapshot");
        let (snapshot, calls) = (self.memory.snapshot(resources), Arc::clone(&self.calls));
        boxed(async move {
            let snapshot = snapshot.await?;
            Ok(Arc::new(WatchedSnapshot { snapshot, calls }) as Arc<dyn Snapshot>)
        })
    }

    fn completed(&self, caller: &str, key: Uuid) -> MaybeReady<'_, Result<Lookup>> {
        self.calls.note("completed");
        self.memory.completed(caller, key)
    }

    fn commit(&self, commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>> {
        self.calls.note("commit");
        self.memory.commit(commit)
    }

    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>> {
        self.memory.log(after, max)
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.memory.watch()
    }
}

impl Snapshot for WatchedSnapshot {
    fn seq(&self) -> u64 {
        self.snapshot.seq()
    }

    fn get_many(&self, resource: usize, ids: Vec<Box<str>>) -> MaybeReady<'_, Result<Several>> {
        self.calls.note("get_many");
        self.snapshot.get_many(resource, ids)
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<Found>> {
        self.calls.note("find");
        self.snapshot.find(resource, query)
    }

    fn related(
        &self,
        resource: usize,
        property: usize,
        values: Vec<Scalar<'static>>,
        filter: Filter,
        limit: usize,
    ) -> MaybeReady<'_, Result<Vec<Found>>> {
        self.calls.note("related");
        self.snapshot
            .related(resource, property, values, filter, limit)
    }
}
