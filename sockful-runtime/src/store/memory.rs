//! The default store: records in memory, which are lost when the process ends.

mod by_id;
mod index;
mod list;
mod root;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;

use self::list::{Lists, SearchedList};
use self::root::Root;
use self::snapshot::MemorySnapshot;
use self::table::MemoryTable;
use super::{
    Counted, Expired, Found, MaybeReady, Several, Snapshot, Store, StoreLimits, View, boxed, ready,
};
use crate::core::config::Config;
use crate::core::error::Result;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::protocol::position::new_secret;
use crate::query::{Query, QueryFilter};
use crate::store::commit::{Commit, Committed, Rejected};
use crate::store::guard_check;
use crate::store::head;
use crate::store::idempotency::Lookup;
use crate::store::read_room::ReadRoom;
use crate::store::scan;
use crate::store::scan::Scans;
use crate::store::scan::visits::{ScanWork, Visits};
use crate::store::search::{Search, SearchState};
use crate::store::tags::TagSource;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::watch;
use uuid::Uuid;

/// The maximum number of scans that run or wait for their turn.
const MAX_SCANS: usize = 256;

/// A store in memory, whose records are lost when the process ends.
///
/// Each start begins a new history in which no request has taken effect yet. Lists are evaluated on a
/// snapshot, outside the lock.
#[derive(Debug)]
pub struct Memory {
    epoch: Box<str>,
    tags: TagSource,
    /// Set when the store is opened.
    secret: OnceLock<[u8; 32]>,
    root: RwLock<Root>,
    /// The limits of the server, unless the store was created with others.
    limits: OnceLock<StoreLimits>,
    head: watch::Sender<u64>,
    scans: Arc<Scans>,
}

impl Memory {
    /// Creates an empty store with the limits of the server that opens it.
    pub fn new() -> Self {
        Self {
            epoch: Uuid::now_v7().to_string().into(),
            tags: TagSource::default(),
            secret: OnceLock::new(),
            root: RwLock::new(Root::new(&StoreLimits::default())),
            limits: OnceLock::new(),
            head: watch::Sender::new(0),
            scans: Arc::new(Scans::new(MAX_SCANS)),
        }
    }

    /// Creates an empty store with the limits of `config`, regardless of those of the server.
    pub fn with_config(config: &Config) -> Self {
        let store = Self::new();
        store.configure(&StoreLimits::from(config));
        store
    }

    fn max_visited(&self) -> usize {
        self.limits.get_or_init(StoreLimits::default).max_visited
    }

    fn read(&self) -> RwLockReadGuard<'_, Root> {
        // Nothing that can panic because of a user's input runs under the lock.
        self.root.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the head, and the result of `see` for a table at that commit.
    fn view<T>(&self, resource: usize, see: impl FnOnce(&MemoryTable) -> T) -> Result<View<T>> {
        let root = self.read();
        let value = see(root.table(resource)?);
        Ok(View {
            seq: root.recent.head(),
            value,
        })
    }
}

/// Returns several records in the order requested, up to the size limit. The caller is charged for
/// them, whether or not it may read them.
fn several<'r>(
    ids: &[Box<str>],
    max_bytes: usize,
    get: impl Fn(&str) -> Option<&'r Arc<Record>>,
) -> Several {
    let get = |id: &str| Ok::<_, Infallible>(get(id).cloned());
    let Ok(records) = ReadRoom::new(max_bytes).get_many(ids, get);
    let read = records.iter().flatten();
    scan::charge_current(ScanWork {
        records: 0,
        bytes: read.map(|record| record.weight()).sum(),
    });
    records
}

/// Evaluates `see` on a list. If that turns out to be long, it continues on a blocking thread, so that
/// only the calling connection waits for it.
fn evaluate<T: Send + 'static>(
    lists: Lists,
    max_visited: usize,
    scans: &Scans,
    see: impl Fn(&Search<'_, SearchedList<'_>>) -> Result<T> + Send + 'static,
) -> MaybeReady<'_, Result<T>> {
    let (visits, state) = (Visits::at_once(max_visited), SearchState::default());
    let seen = see(&Search::new(&lists.searched(), &visits, &state));
    if !visits.is_long() {
        return ready(seen);
    }
    drop((visits, state, seen));
    boxed(scans.run(move |scan| {
        let (visits, state) = (Visits::of(scan, max_visited), SearchState::default());
        see(&Search::new(&lists.searched(), &visits, &state))
    }))
}

impl Memory {
    /// Returns the head, and the lists that a search with these conditions reads at that commit.
    fn lists(&self, resource: usize, filter: &QueryFilter) -> Result<(u64, Lists)> {
        let root = self.read();
        let lists = root.lists(resource, filter)?;
        Ok((root.recent.head(), lists))
    }

    /// Evaluates `see` on these lists of commit `seq`.
    fn evaluate<T: Send + 'static>(
        &self,
        (seq, lists): (u64, Lists),
        see: impl Fn(&Search<'_, SearchedList<'_>>) -> Result<T> + Send + 'static,
    ) -> MaybeReady<'_, Result<View<T>>> {
        evaluate(lists, self.max_visited(), &self.scans, move |search| {
            let value = see(search)?;
            Ok(View { seq, value })
        })
    }

    /// Applies a commit. One that has no effect, because the records that it removes or emits events of
    /// do not exist, takes no number and is not remembered.
    fn take(&self, commit: Commit) -> Result<Arc<Committed>, Rejected> {
        let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
        let subjects = root.check(&commit)?;
        let seq = root.recent.head() + 1;
        let (changes, emitted) = root.apply(commit.operations, seq);
        let mut committed = Committed::new(seq, self.tags.next(seq), changes, emitted);
        if committed.is_empty() {
            committed.seq = root.recent.head();
            return Ok(Arc::new(committed));
        }
        let committed = Arc::new(committed);
        let mut trimmed = Vec::new();
        root.recent.push(Arc::clone(&committed), &mut trimmed);
        let forgotten = match &commit.idempotency {
            Some(entry) => root.remember(entry, subjects, seq),
            None => Vec::new(),
        };
        // Old records may be many, and are dropped outside the lock.
        drop(root);
        head::raise(&self.head, seq);
        drop((trimmed, forgotten));
        Ok(committed)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for Memory {
    fn configure(&self, limits: &StoreLimits) {
        if self.limits.set(limits.clone()).is_ok() {
            let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
            root.set_limits(limits);
        }
    }

    fn open(&self, resources: &[&'static ResourceDef]) -> MaybeReady<'_, Result<()>> {
        let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
        root.tables = resources
            .iter()
            .map(|definition| MemoryTable::new(definition))
            .collect();
        ready(new_secret().map(|secret| {
            let _ = self.secret.set(secret);
        }))
    }

    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn secret(&self) -> [u8; 32] {
        self.secret.get().copied().unwrap_or_default()
    }

    fn head(&self) -> MaybeReady<'_, Result<u64>> {
        ready(Ok(self.read().recent.head()))
    }

    fn get(&self, resource: usize, id: &str) -> MaybeReady<'_, Result<View<Option<Arc<Record>>>>> {
        ready(self.view(resource, |table| table.get(id).cloned()))
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<View<Several>>> {
        ready(self.view(resource, |table| {
            several(&ids, max_bytes, |id| table.get(id))
        }))
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>> {
        match self.lists(resource, &query.filter) {
            Ok(lists) => self.evaluate(lists, move |search| search.find(&query)),
            Err(error) => ready(Err(error)),
        }
    }

    fn supports_relations(&self) -> bool {
        true
    }

    fn count(&self, resource: usize, filter: QueryFilter) -> MaybeReady<'_, Result<View<Counted>>> {
        match self.lists(resource, &filter) {
            Ok(lists) => self.evaluate(lists, move |search| search.count(&filter)),
            Err(error) => ready(Err(error)),
        }
    }

    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>> {
        let root = self.read();
        let lists = resources.iter().map(|&resource| {
            let list = root.table(resource)?.list();
            Ok((resource, list))
        });
        let lists = lists.collect::<Result<_>>();
        let frozen = lists.map(|lists| MemorySnapshot {
            seq: root.recent.head(),
            lists,
            max_visited: self.max_visited(),
            scans: Arc::clone(&self.scans),
        });
        ready(frozen.map(|frozen| Arc::new(frozen) as Arc<dyn Snapshot>))
    }

    fn completed(&self, caller: &str, key: Uuid, now: u64) -> MaybeReady<'_, Result<Lookup>> {
        ready(Ok(self.read().idempotency.look_up(caller, key, now)))
    }

    fn commit(&self, mut commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>> {
        if commit.guards.is_empty() {
            return ready(self.take(commit));
        }
        let commits = match self.read().guarded_commits(&commit) {
            Ok(commits) => commits,
            Err(rejected) => return ready(Err(rejected)),
        };
        if guard_check::takes_long(&commit.guards, &commits) {
            return boxed(async move {
                commit.guards = guard_check::check_aside(commit.guards, commits).await?;
                self.take(commit)
            });
        }
        ready(guard_check::check(&commit.guards, &commits).and_then(|()| {
            commit.guards = guard_check::advanced(commit.guards, &commits);
            self.take(commit)
        }))
    }

    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>> {
        let root = self.read();
        ready(root.recent.after(after, max))
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }
}
