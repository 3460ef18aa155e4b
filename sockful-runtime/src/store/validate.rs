//! Validates commits, for all stores that apply them one after the other.

use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::store::commit::{Commit, Emitted, Expect, Operation, RecordChange, Rejected};
use crate::store::idempotency::IdempotencyEntry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The stored records, as far as the validation of a commit reads them.
pub(super) trait StoredRecords {
    fn get(&self, resource: usize, id: &str) -> Result<Option<Arc<Record>>>;

    /// Returns the positions of unique properties.
    fn unique(&self, resource: usize) -> Result<&[usize]>;

    /// Returns whether a record with an id that `counts` has this value of an indexed property.
    fn has_holder(
        &self,
        resource: usize,
        property: usize,
        value: &Scalar<'static>,
        counts: impl Fn(&str) -> bool,
    ) -> Result<bool>;
}

/// A record in the response to the request.
pub(super) struct ResponseSubject {
    pub(super) resource: usize,
    pub(super) id: Box<str>,
    /// The record before the commit.
    pub(super) before: Option<Arc<Record>>,
}

/// Checks that each expectation is met, and returns the records of the response.
pub(super) fn check(
    stored: &impl StoredRecords,
    commit: &Commit,
) -> Result<Vec<ResponseSubject>, Rejected> {
    for (nth, operation) in commit.operations.iter().enumerate() {
        if let Operation::Emit { resource, .. } = operation {
            stored.unique(*resource).map_err(Rejected::Failed)?;
        }
        let Some((resource, id, expect)) = parts(operation) else {
            continue;
        };
        let get = || stored.get(resource, id).map_err(Rejected::Failed);
        let as_expected = match expect {
            Expect::Any => stored
                .unique(resource)
                .map(|_| true)
                .map_err(Rejected::Failed)?,
            Expect::Absent => get()?.is_none(),
            Expect::Present => get()?.is_some(),
            Expect::Rev(rev) => get()?.is_some_and(|stored| stored.rev() == rev),
        };
        if !as_expected {
            return Err(Rejected::Conflict(nth));
        }
    }
    check_unique(stored, commit)?;
    check_no_children(stored, commit)?;
    response_subjects(stored, commit)
}

/// Checks that no two records would have the same value of a unique property.
fn check_unique(stored: &impl StoredRecords, commit: &Commit) -> Result<(), Rejected> {
    let mut written = None;
    let mut claimed = BTreeSet::new();
    for (operation, one) in commit.operations.iter().enumerate() {
        let Operation::Put {
            resource, record, ..
        } = one
        else {
            continue;
        };
        for &property in stored.unique(*resource).map_err(Rejected::Failed)? {
            let value = record.scalar(property).into_owned();
            if value.is_null() {
                continue;
            }
            // Records that this commit writes or removes as well are compared by their new values.
            let written = written.get_or_insert_with(|| after(commit));
            let is_other = |id: &str| !written.contains_key(&(*resource, id));
            let is_held = stored
                .has_holder(*resource, property, &value, is_other)
                .map_err(Rejected::Failed)?;
            if is_held || !claimed.insert((*resource, property, value)) {
                return Err(Rejected::Taken {
                    operation,
                    resource: *resource,
                    property,
                });
            }
        }
    }
    Ok(())
}

/// Fails if a record has a value after the commit that the commit asserts to be absent.
fn check_no_children(stored: &impl StoredRecords, commit: &Commit) -> Result<(), Rejected> {
    let is_assertion = |it: &Operation| matches!(it, Operation::AssertNoChildren { .. });
    if !commit.operations.iter().any(is_assertion) {
        return Ok(());
    }
    let after = after(commit);
    let mut put = HashMap::<_, BTreeSet<Scalar<'_>>>::new();
    for (nth, operation) in commit.operations.iter().enumerate() {
        let Operation::AssertNoChildren {
            resource,
            property,
            value,
        } = operation
        else {
            continue;
        };
        let value = Scalar::read(value).into_owned();
        let is_other = |id: &str| !after.contains_key(&(*resource, id));
        let is_left = stored
            .has_holder(*resource, *property, &value, is_other)
            .map_err(Rejected::Failed)?;
        // The records that the commit stores are searched once for each property.
        let put = put.entry((*resource, *property)).or_insert_with(|| {
            let of = after.iter().filter(|((of, _), _)| of == resource);
            let put = of.filter_map(|(_, record)| *record);
            put.map(|it| it.scalar(*property)).collect()
        });
        if is_left || put.contains(&value) {
            return Err(Rejected::Conflict(nth));
        }
    }
    Ok(())
}

/// Returns the records that the response contains.
fn response_subjects(
    stored: &impl StoredRecords,
    commit: &Commit,
) -> Result<Vec<ResponseSubject>, Rejected> {
    let positions = commit
        .idempotency
        .iter()
        .flat_map(IdempotencyEntry::subjects);
    let subjects = positions.map(|at| {
        let missing = || Rejected::Failed(Error::internal("the response has no record"));
        let operation = commit.operations.get(at).ok_or_else(missing)?;
        let (resource, id, _) = parts(operation).ok_or_else(missing)?;
        let before = stored.get(resource, id).map_err(Rejected::Failed)?;
        if before.is_none() && !matches!(operation, Operation::Put { .. }) {
            return Err(missing());
        }
        Ok(ResponseSubject {
            resource,
            id: id.into(),
            before,
        })
    });
    subjects.collect()
}

/// An event to be logged: resource, id, event, data.
pub(super) type PendingEvent = (usize, Box<str>, usize, Box<str>);

/// Returns the events, each with its record after the commit, regardless of its position among the
/// operations, or before the commit if this removed it.
pub(super) fn emitted(
    emissions: Vec<PendingEvent>,
    changes: &[RecordChange],
    stored: impl Fn(usize, &str) -> Result<Option<Arc<Record>>>,
) -> Result<Vec<Emitted>> {
    if emissions.is_empty() {
        return Ok(Vec::new());
    }
    let removed = changes.iter().filter_map(|change| {
        let before = change.before.as_ref()?;
        let is_gone = change.after.is_none();
        is_gone.then_some(((change.resource, before.id()), before))
    });
    let removed: HashMap<_, _> = removed.collect();
    let mut emitted = Vec::with_capacity(emissions.len());
    for (resource, id, event, data) in emissions {
        let record = stored(resource, &id)?;
        let record = record.or_else(|| removed.get(&(resource, &*id)).map(|it| Arc::clone(it)));
        emitted.extend(record.map(|record| Emitted {
            resource,
            event,
            record,
            data: data.into(),
        }));
    }
    Ok(emitted)
}

/// Returns the state after the commit of each record that it stores or removes.
fn after(commit: &Commit) -> HashMap<(usize, &str), Option<&Record>> {
    let written = commit.operations.iter().filter_map(|it| match it {
        Operation::Put {
            resource, record, ..
        } => Some(((*resource, record.id()), Some(record))),
        Operation::Delete { resource, id, .. } => Some(((*resource, &**id), None)),
        Operation::Assert { .. } | Operation::AssertNoChildren { .. } | Operation::Emit { .. } => {
            None
        }
    });
    written.collect()
}

/// Returns the record that an operation names, and its expectation.
fn parts(operation: &Operation) -> Option<(usize, &str, Expect)> {
    Some(match operation {
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
        } => (*resource, id, *expect),
        Operation::AssertNoChildren { .. } | Operation::Emit { .. } => return None,
    })
}
