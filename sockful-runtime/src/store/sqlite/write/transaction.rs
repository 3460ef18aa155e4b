//! One commit within a transaction.

use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::store::commit::{Commit, Committed, Operation, RecordChange, Rejected};
use crate::store::idempotency::{CompletedRequest, IdempotencyEntry};
use crate::store::sqlite::failure::failure;
use crate::store::sqlite::tables::table::SqliteTable;
use crate::store::validate;
use crate::store::validate::{ResponseSubject, StoredRecords};
use rusqlite::Connection;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The tables as one commit sees them while it is checked and applied.
///
/// Each row is read at most once: checking the commit, applying it and building the response need the
/// same records.
pub(crate) struct BatchTransaction<'a> {
    connection: &'a Connection,
    tables: &'a [SqliteTable],
    /// The records that were read or written, by resource.
    rows: RefCell<HashMap<usize, Rows>>,
}

/// Records by id, `None` if there is none.
type Rows = HashMap<Box<str>, Option<Arc<Record>>>;

/// An applied commit, and the remembered entry of its request.
pub(crate) struct AppliedCommit {
    pub(crate) committed: Arc<Committed>,
    pub(crate) completed: Option<(IdempotencyEntry, CompletedRequest)>,
}

impl<'a> BatchTransaction<'a> {
    pub(crate) fn new(connection: &'a Connection, tables: &'a [SqliteTable]) -> Self {
        Self {
            connection,
            tables,
            rows: RefCell::default(),
        }
    }

    /// Applies a commit, which has this number, unless it is rejected.
    pub(crate) fn take(
        self,
        commit: Commit,
        seq: u64,
        tag: u64,
    ) -> Result<AppliedCommit, Rejected> {
        let subjects = validate::check(&self, &commit)?;
        let mut committed = self
            .apply(commit.operations, seq, tag)
            .map_err(Rejected::Failed)?;
        let entry = commit.idempotency.filter(|_| !committed.is_empty());
        if committed.is_empty() {
            committed.seq = seq - 1;
        }
        let completed = entry.map(|it| self.complete(it, subjects, seq));
        let completed = completed.transpose().map_err(Rejected::Failed)?;
        Ok(AppliedCommit {
            committed: Arc::new(committed),
            completed,
        })
    }

    fn apply(&self, operations: Vec<Operation>, seq: u64, tag: u64) -> Result<Committed> {
        let mut changes = Vec::with_capacity(operations.len());
        let mut emissions = Vec::new();
        for operation in operations {
            let (resource, before, after) = match operation {
                Operation::Put {
                    resource, record, ..
                } => {
                    let after = Arc::new(record.with_rev(seq));
                    let before = self.get(resource, after.id())?;
                    let table = self.table(resource)?;
                    table.put(self.connection, &after).map_err(failure)?;
                    self.remember(resource, after.id(), Some(&after));
                    (resource, before, Some(after))
                }
                Operation::Delete { resource, id, .. } => {
                    let before = self.get(resource, &id)?;
                    let table = self.table(resource)?;
                    table.delete(self.connection, &id).map_err(failure)?;
                    self.remember(resource, &id, None);
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
        let stored = |resource: usize, id: &str| self.get(resource, id);
        let emitted = validate::emitted(emissions, &changes, stored)?;
        Ok(Committed::new(seq, tag, changes, emitted))
    }

    fn complete(
        &self,
        entry: IdempotencyEntry,
        subjects: Vec<ResponseSubject>,
        seq: u64,
    ) -> Result<(IdempotencyEntry, CompletedRequest)> {
        let records = subjects.into_iter().filter_map(|subject| {
            let after = self.get(subject.resource, &subject.id).transpose();
            after.or(subject.before.map(Ok))
        });
        let records = records.collect::<Result<Vec<_>>>()?;
        let missing = || Error::internal("the response has no record");
        let completed = CompletedRequest::new(&entry, seq, records).ok_or_else(missing)?;
        Ok((entry, completed))
    }

    fn table(&self, resource: usize) -> Result<&'a SqliteTable> {
        SqliteTable::of(self.tables, resource)
    }

    /// Caches the record that is stored under an id now, so that it need not be read.
    fn remember(&self, resource: usize, id: &str, record: Option<&Arc<Record>>) {
        let mut rows = self.rows.borrow_mut();
        let rows = rows.entry(resource).or_default();
        rows.insert(id.into(), record.cloned());
    }
}

impl StoredRecords for BatchTransaction<'_> {
    fn get(&self, resource: usize, id: &str) -> Result<Option<Arc<Record>>> {
        if let Some(record) = self.rows.borrow().get(&resource).and_then(|it| it.get(id)) {
            return Ok(record.clone());
        }
        let record = self.table(resource)?.get(self.connection, id)?;
        self.remember(resource, id, record.as_ref());
        Ok(record)
    }

    fn unique(&self, resource: usize) -> Result<&[usize]> {
        Ok(&self.table(resource)?.unique)
    }

    fn has_holder(
        &self,
        resource: usize,
        property: usize,
        value: &Scalar<'static>,
        counts: impl Fn(&str) -> bool,
    ) -> Result<bool> {
        let table = self.table(resource)?;
        table.has_holder(self.connection, property, value, counts)
    }
}
