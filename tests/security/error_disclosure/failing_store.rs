//! A store that fails on request.

use sockful_runtime::model::definition::ResourceDef;
use sockful_runtime::model::record::Record;
use sockful_runtime::query::{Filter, Query};
use sockful_runtime::store::commit::{Commit, Committed, Rejected};
use sockful_runtime::store::idempotency::Lookup;
use sockful_runtime::store::{
    Counted, Expired, Found, MaybeReady, Memory, Several, Snapshot, Store, View, ready,
};
use sockful_runtime::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use uuid::Uuid;

/// Memory, which fails with what somebody puts here.
#[derive(Debug)]
pub(super) struct Broken {
    memory: Memory,
    why: Arc<Mutex<Option<&'static str>>>,
}

impl Broken {
    pub(super) fn new(why: Arc<Mutex<Option<&'static str>>>) -> Self {
        let memory = Memory::default();
        Self { memory, why }
    }

    fn failure(&self) -> Option<Error> {
        let why = *self.why.lock().unwrap_or_else(PoisonError::into_inner);
        why.map(|why| Error::internal(std::io::Error::other(why)))
    }

    fn or_fail<'a, T>(&self, answer: MaybeReady<'a, Result<T>>) -> MaybeReady<'a, Result<T>> {
        match self.failure() {
            Some(error) => ready(Err(error)),
            None => answer,
        }
    }
}

impl Store for Broken {
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
        self.or_fail(self.memory.get(resource, id))
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
    ) -> MaybeReady<'_, Result<View<Several>>> {
        self.or_fail(self.memory.get_many(resource, ids))
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>> {
        self.or_fail(self.memory.find(resource, query))
    }

    fn count(&self, resource: usize, filter: Filter) -> MaybeReady<'_, Result<View<Counted>>> {
        self.or_fail(self.memory.count(resource, filter))
    }

    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>> {
        self.or_fail(self.memory.snapshot(resources))
    }

    fn completed(&self, caller: &str, key: Uuid) -> MaybeReady<'_, Result<Lookup>> {
        self.or_fail(self.memory.completed(caller, key))
    }

    fn commit(&self, commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>> {
        match self.failure() {
            Some(error) => ready(Err(Rejected::Failed(error))),
            None => self.memory.commit(commit),
        }
    }

    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>> {
        self.memory.log(after, max)
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.memory.watch()
    }
}
