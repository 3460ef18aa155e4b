//! A store that serializes and parses every record, as a store on disk does.

use sockful::store::{
    Change, Commit, Committed, Counted, Emitted, Expired, Filter, Found, Lookup, MaybeReady,
    Memory, Query, Record, Rejected, ResourceDef, Scalar, Several, Snapshot, Store, View, boxed,
};
use sockful::{Config, Result};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use uuid::Uuid;

/// Memory, whose records are told as texts and read again on their way out.
#[derive(Debug)]
pub(super) struct Retold {
    memory: Memory,
    texts: Arc<Texts>,
    has_first: bool,
}

#[derive(Debug, Default)]
struct Texts(OnceLock<Vec<&'static ResourceDef>>);

#[derive(Debug)]
struct RetoldSnapshot {
    snapshot: Arc<dyn Snapshot>,
    texts: Arc<Texts>,
}

impl Texts {
    fn one(&self, resource: usize, record: &Record) -> Result<Arc<Record>> {
        let definition = self.0.get().expect("it is open")[resource];
        let (id, rev) = (record.id(), record.rev());
        let record = Record::stored(definition, id, rev, record.sent(), record.kept())?;
        Ok(Arc::new(record))
    }

    fn maybe(&self, resource: usize, record: Option<&Arc<Record>>) -> Result<Option<Arc<Record>>> {
        record.map(|record| self.one(resource, record)).transpose()
    }

    fn several(&self, resource: usize, records: &Several) -> Result<Several> {
        let each = records.iter();
        each.map(|it| self.maybe(resource, it.as_ref())).collect()
    }

    fn found(&self, resource: usize, found: &Found) -> Result<Found> {
        let records = found.records.iter();
        let records = records.map(|it| self.one(resource, it));
        Ok(Found {
            records: records.collect::<Result<_>>()?,
            more: found.more,
            visited: found.visited,
        })
    }

    fn committed(&self, committed: &Committed) -> Result<Arc<Committed>> {
        let changes = committed.changes.iter().map(|change| {
            Ok(Change {
                resource: change.resource,
                before: self.maybe(change.resource, change.before.as_ref())?,
                after: self.maybe(change.resource, change.after.as_ref())?,
            })
        });
        let emitted = committed.emitted.iter().map(|event| {
            Ok(Emitted {
                record: self.one(event.resource, &event.record)?,
                ..event.clone()
            })
        });
        Ok(Arc::new(Committed {
            seq: committed.seq,
            tag: committed.tag,
            changes: changes.collect::<Result<_>>()?,
            emitted: emitted.collect::<Result<_>>()?,
        }))
    }
}

impl Retold {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            memory: Memory::with_config(config),
            texts: Arc::default(),
            has_first: true,
        }
    }

    /// The same, but that no list has its first record.
    pub(super) fn without_the_first(self) -> Self {
        Self {
            has_first: false,
            ..self
        }
    }
}

impl Store for Retold {
    fn open(&self, resources: &[&'static ResourceDef]) -> MaybeReady<'_, Result<()>> {
        self.texts.0.set(resources.to_vec()).expect("it opens once");
        self.memory.open(resources)
    }

    fn epoch(&self) -> &str {
        self.memory.epoch()
    }

    fn head(&self) -> MaybeReady<'_, Result<u64>> {
        self.memory.head()
    }

    fn get(&self, resource: usize, id: &str) -> MaybeReady<'_, Result<View<Option<Arc<Record>>>>> {
        let read = self.memory.get(resource, id);
        boxed(async move {
            let View { seq, value } = read.await?;
            let value = self.texts.maybe(resource, value.as_ref())?;
            Ok(View { seq, value })
        })
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
    ) -> MaybeReady<'_, Result<View<Several>>> {
        boxed(async move {
            let View { seq, value } = self.memory.get_many(resource, ids).await?;
            let value = self.texts.several(resource, &value)?;
            Ok(View { seq, value })
        })
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>> {
        boxed(async move {
            let View { seq, value } = self.memory.find(resource, query).await?;
            let mut value = self.texts.found(resource, &value)?;
            if !self.has_first {
                value.records.drain(..1.min(value.records.len()));
            }
            Ok(View { seq, value })
        })
    }

    fn count(&self, resource: usize, filter: Filter) -> MaybeReady<'_, Result<View<Counted>>> {
        self.memory.count(resource, filter)
    }

    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>> {
        let snapshot = self.memory.snapshot(resources);
        boxed(async move {
            let (snapshot, texts) = (snapshot.await?, Arc::clone(&self.texts));
            Ok(Arc::new(RetoldSnapshot { snapshot, texts }) as Arc<dyn Snapshot>)
        })
    }

    fn completed(&self, caller: &str, key: Uuid) -> MaybeReady<'_, Result<Lookup>> {
        self.memory.completed(caller, key)
    }

    fn commit(&self, commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>> {
        boxed(async move {
            let committed = self.memory.commit(commit).await?;
            self.texts.committed(&committed).map_err(Rejected::Failed)
        })
    }

    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>> {
        boxed(async move {
            let log = self.memory.log(after, max).await?;
            let log = log.iter().map(|committed| self.texts.committed(committed));
            log.collect::<Result<_>>().map_err(|_| Expired)
        })
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.memory.watch()
    }
}

impl Snapshot for RetoldSnapshot {
    fn seq(&self) -> u64 {
        self.snapshot.seq()
    }

    fn get_many(&self, resource: usize, ids: Vec<Box<str>>) -> MaybeReady<'_, Result<Several>> {
        boxed(async move {
            let several = self.snapshot.get_many(resource, ids).await?;
            self.texts.several(resource, &several)
        })
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<Found>> {
        boxed(async move {
            let found = self.snapshot.find(resource, query).await?;
            self.texts.found(resource, &found)
        })
    }

    fn related(
        &self,
        resource: usize,
        property: usize,
        values: Vec<Scalar<'static>>,
        filter: Filter,
        limit: usize,
    ) -> MaybeReady<'_, Result<Vec<Found>>> {
        boxed(async move {
            let related = self
                .snapshot
                .related(resource, property, values, filter, limit);
            let lists = related.await?.into_iter();
            lists
                .map(|found| self.texts.found(resource, &found))
                .collect()
        })
    }
}
