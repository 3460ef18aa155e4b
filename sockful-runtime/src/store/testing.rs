//! A test store that intercepts the operations of another one.

use crate::core::error::{Error, Result};
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter};
use crate::store::commit::{Commit, Committed, Emitted, RecordChange, Rejected};
use crate::store::idempotency::Lookup;
use crate::store::{
    Counted, Expired, Found, Layout, MaybeReady, Memory, Several, Snapshot, Store, StoreLimits,
    View, boxed, ready,
};
use futures_util::future::Either;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use uuid::Uuid;

/// A store that runs hooks around the operations of another one: to record, delay or fail them, or to
/// change their results.
///
/// ```ignore
/// let failing = Intercept::new(Memory::new())
///     .before(|_| ready(Err(Error::internal("the disk is gone"))));
/// ```
pub struct Intercept<S = Memory> {
    store: S,
    hooks: Arc<Hooks>,
}

/// An operation of a store or of one of its snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreCall {
    /// `get`.
    Get,
    /// `get_many`, of a snapshot too.
    GetMany,
    /// `find`, of a snapshot too.
    Find,
    /// `count`.
    Count,
    /// `snapshot`.
    Snapshot,
    /// `related` of a snapshot.
    Related,
    /// `completed`.
    Completed,
    /// `commit`.
    Commit,
}

impl StoreCall {
    /// Returns the name of the method.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::GetMany => "get_many",
            Self::Find => "find",
            Self::Count => "count",
            Self::Snapshot => "snapshot",
            Self::Related => "related",
            Self::Completed => "completed",
            Self::Commit => "commit",
        }
    }
}

type Before = dyn Fn(StoreCall) -> MaybeReady<'static, Result<()>> + Send + Sync;
type OnCommit = dyn Fn(&Arc<Committed>) + Send + Sync;
type MapRecord = dyn Fn(&'static ResourceDef, &Record) -> Result<Record> + Send + Sync;
type EditFound = dyn Fn(&mut Found) + Send + Sync;

#[derive(Default)]
struct Hooks {
    before: Option<Box<Before>>,
    on_commit: Option<Box<OnCommit>>,
    map_record: Option<Box<MapRecord>>,
    edit_found: Option<Box<EditFound>>,
    /// The resources that the store is open for.
    resources: OnceLock<Vec<&'static ResourceDef>>,
}

impl<S: Store> Intercept<S> {
    /// Creates a store that passes every operation to `store`.
    pub fn new(store: S) -> Self {
        Self {
            store,
            hooks: Arc::default(),
        }
    }

    /// Runs `hook` before each operation. The operation waits for the hook, and fails if the hook does.
    #[must_use]
    pub fn before(
        self,
        hook: impl Fn(StoreCall) -> MaybeReady<'static, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        self.with(|hooks| hooks.before = Some(Box::new(hook)))
    }

    /// Runs `hook` after each accepted commit, before the caller receives it.
    #[must_use]
    pub fn on_commit(self, hook: impl Fn(&Arc<Committed>) + Send + Sync + 'static) -> Self {
        self.with(|hooks| hooks.on_commit = Some(Box::new(hook)))
    }

    /// Replaces each record that the store, its snapshots and its log return.
    #[must_use]
    pub fn map_records(
        self,
        hook: impl Fn(&'static ResourceDef, &Record) -> Result<Record> + Send + Sync + 'static,
    ) -> Self {
        self.with(|hooks| hooks.map_record = Some(Box::new(hook)))
    }

    /// Edits each result of the store's `find`, but not those of snapshots.
    #[must_use]
    pub fn edit_found(self, hook: impl Fn(&mut Found) + Send + Sync + 'static) -> Self {
        self.with(|hooks| hooks.edit_found = Some(Box::new(hook)))
    }

    /// Returns the store whose operations are intercepted.
    pub fn inner(&self) -> &S {
        &self.store
    }

    fn with(mut self, set: impl FnOnce(&mut Hooks)) -> Self {
        let hooks = Arc::get_mut(&mut self.hooks);
        set(hooks.expect("hooks are added before the store is opened"));
        self
    }
}

impl<S: fmt::Debug> fmt::Debug for Intercept<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Intercept").field(&self.store).finish()
    }
}

impl Hooks {
    /// Runs an operation and maps its result, both after the hook that runs before it.
    fn around<'a, T: Send + 'a, E: Send + 'a>(
        &self,
        call: StoreCall,
        fail: fn(Error) -> E,
        run: impl FnOnce() -> MaybeReady<'a, Result<T, E>> + Send + 'a,
        map: impl FnOnce(T) -> Result<T, E> + Send + 'a,
    ) -> MaybeReady<'a, Result<T, E>> {
        let before = match &self.before {
            None => Ok(()),
            Some(hook) => match hook(call) {
                Either::Left(done) => done.into_inner(),
                Either::Right(waiting) => {
                    return boxed(async move {
                        waiting.await.map_err(fail)?;
                        run().await.and_then(map)
                    });
                }
            },
        };
        if let Err(error) = before {
            return ready(Err(fail(error)));
        }
        after(run(), map)
    }

    fn record(&self, resource: usize, record: &Arc<Record>) -> Result<Arc<Record>> {
        let Some(map) = &self.map_record else {
            return Ok(Arc::clone(record));
        };
        let resources = self.resources.get().expect("the store is open");
        map(resources[resource], record).map(Arc::new)
    }

    fn optional(
        &self,
        resource: usize,
        record: Option<&Arc<Record>>,
    ) -> Result<Option<Arc<Record>>> {
        record.map(|it| self.record(resource, it)).transpose()
    }

    fn several(&self, resource: usize, records: &Several) -> Result<Several> {
        let records = records.iter();
        let records = records.map(|it| self.optional(resource, it.as_ref()));
        records.collect()
    }

    fn found(&self, resource: usize, found: Found) -> Result<Found> {
        let Found {
            records,
            more,
            visited,
        } = found;
        let records = records.iter().map(|it| self.record(resource, it));
        Ok(Found {
            records: records.collect::<Result<_>>()?,
            more,
            visited,
        })
    }

    fn committed(&self, committed: Arc<Committed>) -> Result<Arc<Committed>> {
        if self.map_record.is_none() {
            return Ok(committed);
        }
        let changes = committed.changes.iter().map(|change| {
            Ok(RecordChange {
                resource: change.resource,
                before: self.optional(change.resource, change.before.as_ref())?,
                after: self.optional(change.resource, change.after.as_ref())?,
            })
        });
        let emitted = committed.emitted.iter().map(|event| {
            Ok(Emitted {
                record: self.record(event.resource, &event.record)?,
                ..event.clone()
            })
        });
        let changes = changes.collect::<Result<_>>()?;
        let emitted = emitted.collect::<Result<_>>()?;
        let Committed { seq, tag, .. } = *committed;
        Ok(Arc::new(Committed::new(seq, tag, changes, emitted)))
    }
}

/// Maps a result, immediately if it is available.
fn after<'a, T: Send + 'a, E: Send + 'a>(
    result: MaybeReady<'a, Result<T, E>>,
    map: impl FnOnce(T) -> Result<T, E> + Send + 'a,
) -> MaybeReady<'a, Result<T, E>> {
    match result {
        Either::Left(done) => ready(done.into_inner().and_then(map)),
        Either::Right(waiting) => boxed(async move { waiting.await.and_then(map) }),
    }
}

/// Maps the value of a view, and keeps its commit.
fn viewed<T>(map: impl FnOnce(T) -> Result<T>) -> impl FnOnce(View<T>) -> Result<View<T>> {
    |View { seq, value }| map(value).map(|value| View { seq, value })
}

fn same(error: Error) -> Error {
    error
}

impl<S: Store> Store for Intercept<S> {
    fn configure(&self, limits: &StoreLimits) {
        self.store.configure(limits);
    }

    fn open(&self, resources: &[&'static ResourceDef]) -> MaybeReady<'_, Result<()>> {
        // Opening a store twice is an error of the inner store.
        drop(self.hooks.resources.set(resources.to_vec()));
        self.store.open(resources)
    }

    fn migrate(&self, layouts: &[Layout<'_>]) -> MaybeReady<'_, Result<()>> {
        self.store.migrate(layouts)
    }

    fn close(&self) -> MaybeReady<'_, Result<()>> {
        self.store.close()
    }

    fn secret(&self) -> [u8; 32] {
        self.store.secret()
    }

    fn epoch(&self) -> &str {
        self.store.epoch()
    }

    fn head(&self) -> MaybeReady<'_, Result<u64>> {
        self.store.head()
    }

    fn get(&self, resource: usize, id: &str) -> MaybeReady<'_, Result<View<Option<Arc<Record>>>>> {
        let id: Box<str> = id.into();
        self.hooks.around(
            StoreCall::Get,
            same,
            move || self.store.get(resource, &id),
            viewed(move |record: Option<_>| self.hooks.optional(resource, record.as_ref())),
        )
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<View<Several>>> {
        self.hooks.around(
            StoreCall::GetMany,
            same,
            move || self.store.get_many(resource, ids, max_bytes),
            viewed(move |records| self.hooks.several(resource, &records)),
        )
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>> {
        self.hooks.around(
            StoreCall::Find,
            same,
            move || self.store.find(resource, query),
            viewed(move |found| {
                let mut found = self.hooks.found(resource, found)?;
                if let Some(edit) = &self.hooks.edit_found {
                    edit(&mut found);
                }
                Ok(found)
            }),
        )
    }

    fn supports_relations(&self) -> bool {
        self.store.supports_relations()
    }

    fn count(&self, resource: usize, filter: QueryFilter) -> MaybeReady<'_, Result<View<Counted>>> {
        let run = move || self.store.count(resource, filter);
        self.hooks.around(StoreCall::Count, same, run, Ok)
    }

    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>> {
        let resources = resources.to_vec();
        self.hooks.around(
            StoreCall::Snapshot,
            same,
            move || self.store.snapshot(&resources),
            |snapshot| {
                let hooks = Arc::clone(&self.hooks);
                Ok(Arc::new(InterceptedSnapshot { snapshot, hooks }) as Arc<dyn Snapshot>)
            },
        )
    }

    fn completed(&self, caller: &str, key: Uuid, now: u64) -> MaybeReady<'_, Result<Lookup>> {
        let caller: Box<str> = caller.into();
        let run = move || self.store.completed(&caller, key, now);
        self.hooks.around(StoreCall::Completed, same, run, Ok)
    }

    fn commit(&self, commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>> {
        self.hooks.around(
            StoreCall::Commit,
            Rejected::Failed,
            move || self.store.commit(commit),
            |committed| {
                if let Some(hook) = &self.hooks.on_commit {
                    hook(&committed);
                }
                self.hooks.committed(committed).map_err(Rejected::Failed)
            },
        )
    }

    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>> {
        self::after(self.store.log(after, max), |log| {
            let log = log.into_iter().map(|it| self.hooks.committed(it));
            log.collect::<Result<_>>().map_err(|_| Expired)
        })
    }

    fn backup(&self, to: &Path) -> MaybeReady<'_, Result<()>> {
        self.store.backup(to)
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.store.watch()
    }
}

/// A snapshot with the hooks of its store.
struct InterceptedSnapshot {
    snapshot: Arc<dyn Snapshot>,
    hooks: Arc<Hooks>,
}

impl fmt::Debug for InterceptedSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot.fmt(f)
    }
}

impl Snapshot for InterceptedSnapshot {
    fn seq(&self) -> u64 {
        self.snapshot.seq()
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<Several>> {
        self.hooks.around(
            StoreCall::GetMany,
            same,
            move || self.snapshot.get_many(resource, ids, max_bytes),
            move |records| self.hooks.several(resource, &records),
        )
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<Found>> {
        self.hooks.around(
            StoreCall::Find,
            same,
            move || self.snapshot.find(resource, query),
            move |found| self.hooks.found(resource, found),
        )
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
        self.hooks.around(
            StoreCall::Related,
            same,
            move || {
                self.snapshot
                    .related(resource, property, values, filter, limit, max_bytes)
            },
            move |lists| {
                let lists = lists.into_iter();
                lists.map(|it| self.hooks.found(resource, it)).collect()
            },
        )
    }
}
