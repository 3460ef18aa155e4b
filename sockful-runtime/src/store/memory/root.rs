//! The state of the store at one moment.

use super::list::Lists;
use super::table::MemoryTable;
use crate::core::error::{Error, Result};
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::QueryFilter;
use crate::store::StoreLimits;
use crate::store::commit::{Commit, Committed, Emitted, Operation, RecordChange, Rejected};
use crate::store::guard_check;
use crate::store::idempotency::index::{Evicted, IdempotencyIndex, IndexedRequest};
use crate::store::idempotency::{CompletedRequest, IdempotencyEntry};
use crate::store::recent_commits::RecentCommits;
use crate::store::validate;
use crate::store::validate::{ResponseSubject, StoredRecords};
use std::sync::Arc;

/// The state guarded by one lock, so that records, head and log are always consistent.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) tables: Vec<MemoryTable>,
    pub(super) recent: RecentCommits,
    pub(super) idempotency: IdempotencyIndex<CompletedRequest>,
}

impl Root {
    pub(super) fn new(limits: &StoreLimits) -> Self {
        Self {
            tables: Vec::new(),
            recent: RecentCommits::new(limits.log_capacity),
            idempotency: IdempotencyIndex::new(limits),
        }
    }

    pub(super) fn set_limits(&mut self, limits: &StoreLimits) {
        self.recent.set_capacity(limits.log_capacity);
        self.idempotency.set_limits(limits);
    }

    pub(super) fn table(&self, resource: usize) -> Result<&MemoryTable> {
        self.tables
            .get(resource)
            .ok_or_else(|| Error::internal("the store was not opened for this resource"))
    }

    /// Returns a snapshot of the lists that a search of a resource with these conditions reads.
    pub(super) fn lists(&self, resource: usize, filter: &QueryFilter) -> Result<Lists> {
        let list = self.table(resource)?.list();
        let related = if filter.has_relations() {
            let resources = filter.related_resources().into_iter();
            let resources = resources.map(|it| Ok(self.table_of(it)?.list()));
            resources.collect::<Result<_>>()?
        } else {
            Vec::new()
        };
        Ok(Lists { list, related })
    }

    fn table_of(&self, definition: &ResourceDef) -> Result<&MemoryTable> {
        let mut tables = self.tables.iter();
        let table = tables.find(|table| table.definition().name == definition.name);
        table.ok_or_else(|| Error::internal("the store was not opened for this resource"))
    }

    /// Checks that the commit is not a repetition and that each expectation is met. Returns the records
    /// that the response is about. After this nothing can fail.
    pub(super) fn check(&self, commit: &Commit) -> Result<Vec<ResponseSubject>, Rejected> {
        self.check_key(commit)?;
        if !commit.guards.is_empty() {
            let since = guard_check::commits_since(&commit.guards, &self.recent)?;
            guard_check::check(&commit.guards, &since)?;
        }
        validate::check(self, commit)
    }

    /// Returns the commits that the guards are checked against before the store is locked for the
    /// commit.
    pub(super) fn guarded_commits(&self, commit: &Commit) -> Result<Vec<Arc<Committed>>, Rejected> {
        self.check_key(commit)?;
        guard_check::commits_since(&commit.guards, &self.recent)
    }

    fn check_key(&self, commit: &Commit) -> Result<(), Rejected> {
        match &commit.idempotency {
            Some(entry) if !self.idempotency.takes(&entry.caller, entry.key, entry.at) => {
                Err(Rejected::Repeated)
            }
            _ => Ok(()),
        }
    }

    /// Remembers the request of commit `seq`, and returns the evicted requests.
    #[must_use = "dropping the removed entries takes time and must not block callers"]
    pub(super) fn remember(
        &mut self,
        entry: &IdempotencyEntry,
        subjects: Vec<ResponseSubject>,
        seq: u64,
    ) -> Vec<Evicted<CompletedRequest>> {
        let records = subjects.into_iter().filter_map(|subject| {
            let after = self.tables[subject.resource].get(&subject.id).cloned();
            after.or(subject.before)
        });
        match CompletedRequest::new(entry, seq, records) {
            Some(completed) => {
                let request = IndexedRequest::new(entry, seq, completed.weight(), completed);
                self.idempotency.push(request)
            }
            None => Vec::new(),
        }
    }

    /// Applies a commit that was checked.
    pub(super) fn apply(
        &mut self,
        operations: Vec<Operation>,
        seq: u64,
    ) -> (Vec<RecordChange>, Vec<Emitted>) {
        let mut changes = Vec::with_capacity(operations.len());
        let mut emissions = Vec::new();
        for operation in operations {
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
                Operation::Emit {
                    resource,
                    id,
                    event,
                    data,
                } => {
                    emissions.push((resource, id, event, data));
                    continue;
                }
                Operation::Assert { .. } | Operation::AssertNoChildren { .. } => continue,
            };
            if before.is_some() || after.is_some() {
                changes.push(RecordChange {
                    resource,
                    before,
                    after,
                });
            }
        }
        let tables = &self.tables;
        let stored = |resource: usize, id: &str| Ok(tables[resource].get(id).cloned());
        let emitted = validate::emitted(emissions, &changes, stored).unwrap_or_default();
        (changes, emitted)
    }
}

impl StoredRecords for Root {
    fn get(&self, resource: usize, id: &str) -> Result<Option<Arc<Record>>> {
        Ok(self.table(resource)?.get(id).cloned())
    }

    fn unique(&self, resource: usize) -> Result<&[usize]> {
        Ok(self.table(resource)?.unique())
    }

    fn has_holder(
        &self,
        resource: usize,
        property: usize,
        value: &Scalar<'static>,
        counts: impl Fn(&str) -> bool,
    ) -> Result<bool> {
        let mut holders = self.table(resource)?.holders(property, value);
        Ok(holders.any(|holder| counts(holder.id())))
    }
}
