//! Records in memory: the default store. What it holds ends with the process.

mod by_id;
mod index;
mod list;
mod log;
mod plan;
mod table;
#[cfg(test)]
mod tests;
mod top;
mod walk;

use self::list::List;
use self::log::Log;
use self::table::Table;
use super::{Answer, Counted, Expired, Found, Several, Store, View, later, now};
use crate::commit::{Change, Commit, Committed, Expect, Operation, Rejected};
use crate::config::Config;
use crate::declared::Declared;
use crate::error::{Error, Result};
use crate::query::{Filter, Query, Scalar};
use crate::record::Record;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use tokio::task::spawn_blocking;
use uuid::Uuid;

/// How many records are read at once where they are asked for: some tens of microseconds.
const AT_ONCE: usize = 1_000;

/// Keeps records in memory.
///
/// Each start begins a new history. Lists are evaluated on a snapshot, outside of the lock.
#[derive(Debug)]
pub struct Memory {
    epoch: Box<str>,
    /// Makes the tags, which nobody outside can foretell.
    tags: RandomState,
    root: RwLock<Root>,
}

/// What one lock guards, so that records, head and log are always of one moment.
#[derive(Debug)]
struct Root {
    seq: u64,
    tables: Vec<Table>,
    log: Log,
}

impl Memory {
    /// An empty store whose log has the default capacity.
    pub fn new() -> Self {
        Self::with_log_capacity(Config::default().log_capacity)
    }

    /// An empty store whose log holds about so many bytes, with the records in it.
    pub fn with_log_capacity(bytes: usize) -> Self {
        Self {
            epoch: Uuid::now_v7().to_string().into(),
            tags: RandomState::new(),
            root: RwLock::new(Root {
                seq: 0,
                tables: Vec::new(),
                log: Log::new(bytes),
            }),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Root> {
        // Nothing that can panic on a user's account runs under the lock.
        self.root.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head, and what `see` sees of a table at that moment.
    fn view<T>(&self, resource: usize, see: impl FnOnce(&Table) -> T) -> Result<View<T>> {
        let root = self.read();
        let value = see(root.table(resource)?);
        Ok(View {
            seq: root.seq,
            value,
        })
    }
}

impl Memory {
    /// What `see` sees of a list at this moment. A long one is read on a thread for such work, so
    /// that no connection waits for it but the one that asked.
    fn evaluate<T: Send + 'static>(
        &self,
        resource: usize,
        see: impl FnOnce(&List) -> T + Send + 'static,
    ) -> Answer<'_, Result<View<T>>> {
        let View { seq, value: list } = match self.view(resource, Table::list) {
            Ok(snapshot) => snapshot,
            Err(error) => return now(Err(error)),
        };
        if list.len() <= AT_ONCE {
            let value = see(&list);
            return now(Ok(View { seq, value }));
        }
        later(async move {
            let seen = spawn_blocking(move || see(&list));
            let value = seen.await.map_err(Error::internal)?;
            Ok(View { seq, value })
        })
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for Memory {
    fn open(&self, resources: &[&'static Declared]) -> Answer<'_, Result<()>> {
        let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
        root.tables = resources
            .iter()
            .map(|declared| Table::new(declared))
            .collect();
        now(Ok(()))
    }

    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn head(&self) -> Answer<'_, Result<u64>> {
        now(Ok(self.read().seq))
    }

    fn get(&self, resource: usize, id: &str) -> Answer<'_, Result<View<Option<Arc<Record>>>>> {
        now(self.view(resource, |table| table.get(id).cloned()))
    }

    fn get_many(&self, resource: usize, ids: Vec<Box<str>>) -> Answer<'_, Result<View<Several>>> {
        now(self.view(resource, |table| {
            ids.iter().map(|id| table.get(id).cloned()).collect()
        }))
    }

    fn find(&self, resource: usize, query: Query) -> Answer<'_, Result<View<Found>>> {
        self.evaluate(resource, move |list| list.find(&query))
    }

    fn count(&self, resource: usize, filter: Filter) -> Answer<'_, Result<View<Counted>>> {
        self.evaluate(resource, move |list| list.count(&filter))
    }

    /// Takes a commit. One that turns out to change nothing, because what it removes is not there,
    /// takes no number: the answer has the newest one and no changes.
    fn commit(&self, commit: Commit) -> Answer<'_, Result<Arc<Committed>, Rejected>> {
        let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
        if let Err(rejected) = root.check(&commit) {
            return now(Err(rejected));
        }
        let seq = root.seq + 1;
        let changes = root.apply(commit, seq);
        let nothing_changed = changes.is_empty();
        let committed = Arc::new(Committed {
            seq: if nothing_changed { root.seq } else { seq },
            tag: self.tags.hash_one(seq),
            changes,
        });
        if nothing_changed {
            return now(Ok(committed));
        }
        root.seq = seq;
        let trimmed = root.log.push(Arc::clone(&committed));
        // Old records may be many, and are let go without holding anybody up.
        drop(root);
        drop(trimmed);
        now(Ok(committed))
    }

    fn log(&self, after: u64, max: usize) -> Answer<'_, Result<Vec<Arc<Committed>>, Expired>> {
        let root = self.read();
        now(root.log.after(root.seq, after, max))
    }
}

impl Root {
    fn table(&self, resource: usize) -> Result<&Table> {
        self.tables
            .get(resource)
            .ok_or_else(|| Error::internal("the store was not opened for this resource"))
    }

    /// Whether each operation finds what it expects. After this nothing can fail.
    fn check(&self, commit: &Commit) -> Result<(), Rejected> {
        for (nth, operation) in commit.operations.iter().enumerate() {
            let (resource, id, expect) = match operation {
                Operation::Put {
                    resource,
                    record,
                    expect,
                } => (*resource, record.id(), *expect),
                Operation::Delete {
                    resource,
                    id,
                    expect,
                }
                | Operation::Assert {
                    resource,
                    id,
                    expect,
                } => (*resource, &**id, *expect),
            };
            let table = self.table(resource).map_err(Rejected::Failed)?;
            let as_expected = match expect {
                Expect::Any => true,
                Expect::Absent => table.get(id).is_none(),
                Expect::Rev(rev) => table.get(id).is_some_and(|stored| stored.rev() == rev),
            };
            if !as_expected {
                return Err(Rejected::Conflict(nth));
            }
        }
        self.check_unique(commit)
    }

    /// Whether no two records would have one value that must be unique.
    fn check_unique(&self, commit: &Commit) -> Result<(), Rejected> {
        if self.tables.iter().all(|table| table.unique().is_empty()) {
            return Ok(());
        }
        let written: HashSet<_> = commit.operations.iter().filter_map(written).collect();
        let mut claimed = BTreeSet::new();
        for (operation, one) in commit.operations.iter().enumerate() {
            let Operation::Put {
                resource, record, ..
            } = one
            else {
                continue;
            };
            let table = self.table(*resource).map_err(Rejected::Failed)?;
            for &property in table.unique() {
                let value = Scalar::read(record.value(property)).into_owned();
                if value.is_null() {
                    continue;
                }
                // What this commit writes or removes too has the value that it claims, or none.
                let holder = table.holder(property, &value).map(|record| record.id());
                let is_held = holder.is_some_and(|id| !written.contains(&(*resource, id)));
                if is_held || !claimed.insert((*resource, property, value)) {
                    return Err(Rejected::Taken {
                        operation,
                        property,
                    });
                }
            }
        }
        Ok(())
    }

    /// Carries out what was checked.
    fn apply(&mut self, commit: Commit, seq: u64) -> Vec<Change> {
        let mut changes = Vec::with_capacity(commit.operations.len());
        for operation in commit.operations {
            let (resource, before, after) = match operation {
                Operation::Put {
                    resource, record, ..
                } => {
                    let after = Arc::new(record.with_rev(seq));
                    let before = self.tables[resource].put(&after);
                    (resource, before, Some(after))
                }
                Operation::Delete { resource, id, .. } => {
                    let before = self.tables[resource].delete(&id);
                    (resource, before, None)
                }
                Operation::Assert { .. } => continue,
            };
            if before.is_some() || after.is_some() {
                changes.push(Change {
                    resource,
                    before,
                    after,
                });
            }
        }
        changes
    }
}

/// The record that an operation stores or removes.
fn written(operation: &Operation) -> Option<(usize, &str)> {
    match operation {
        Operation::Put {
            resource, record, ..
        } => Some((*resource, record.id())),
        Operation::Delete { resource, id, .. } => Some((*resource, id)),
        Operation::Assert { .. } => None,
    }
}
