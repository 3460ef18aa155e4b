//! One commit, inside of a transaction.

use super::failure::failure;
use super::search::holders;
use super::table::Table;
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::store::commit::{Change, Commit, Committed, Operation, Rejected};
use crate::store::idempotency::{CompletedRequest, IdempotencyEntry};
use crate::store::validate;
use crate::store::validate::{ResponseSubject, Stored};
use rusqlite::Connection;
use std::sync::Arc;

/// The tables as the transaction sees them.
#[derive(Clone, Copy)]
pub(super) struct Transaction<'a> {
    pub(super) connection: &'a Connection,
    pub(super) tables: &'a [Table],
}

/// A commit that was carried out, and what is remembered of the request that made it.
pub(super) struct Taken {
    pub(super) committed: Arc<Committed>,
    pub(super) completed: Option<(IdempotencyEntry, CompletedRequest)>,
}

impl Transaction<'_> {
    /// Carries out a commit that is to have this number, unless something stands against it.
    pub(super) fn take(self, commit: Commit, seq: u64, tag: u64) -> Result<Taken, Rejected> {
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
        Ok(Taken {
            committed: Arc::new(committed),
            completed,
        })
    }

    fn apply(self, operations: Vec<Operation>, seq: u64, tag: u64) -> Result<Committed> {
        let mut changes = Vec::with_capacity(operations.len());
        let mut emissions = Vec::new();
        for operation in operations {
            let (resource, before, after) = match operation {
                Operation::Put {
                    resource, record, ..
                } => {
                    let after = Arc::new(record.with_rev(seq));
                    let table = self.table(resource)?;
                    let before = table.get(self.connection, after.id())?;
                    table.put(self.connection, &after).map_err(failure)?;
                    (resource, before, Some(after))
                }
                Operation::Delete { resource, id, .. } => {
                    let table = self.table(resource)?;
                    let before = table.get(self.connection, &id)?;
                    table.delete(self.connection, &id).map_err(failure)?;
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
                changes.push(Change {
                    resource,
                    before,
                    after,
                });
            }
        }
        let stored = |resource: usize, id: &str| self.get(resource, id);
        let emitted = validate::emitted(emissions, &changes, stored)?;
        Ok(Committed {
            seq,
            tag,
            changes,
            emitted,
        })
    }

    fn complete(
        self,
        entry: IdempotencyEntry,
        subjects: Vec<ResponseSubject>,
        seq: u64,
    ) -> Result<(IdempotencyEntry, CompletedRequest)> {
        let records = subjects.into_iter().filter_map(|subject| {
            let after = self.get(subject.resource, &subject.id).transpose();
            after.or(subject.before.map(Ok))
        });
        let records = records.collect::<Result<Vec<_>>>()?;
        let missing = || Error::internal("the response is about no record");
        let completed = CompletedRequest::new(&entry, seq, records).ok_or_else(missing)?;
        Ok((entry, completed))
    }

    fn table(&self, resource: usize) -> Result<&Table> {
        table(self.tables, resource)
    }
}

impl Stored for Transaction<'_> {
    fn get(&self, resource: usize, id: &str) -> Result<Option<Arc<Record>>> {
        self.table(resource)?.get(self.connection, id)
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
        let mut is_held = false;
        let source = holders(property, value);
        self.table(resource)?
            .each(self.connection, &source, |record| {
                is_held = counts(record.id());
                !is_held
            })?;
        Ok(is_held)
    }
}

/// The table of the resource at this place in the served list.
pub(super) fn table(tables: &[Table], resource: usize) -> Result<&Table> {
    let missing = || Error::internal("the store was not opened for this resource");
    tables.get(resource).ok_or_else(missing)
}
