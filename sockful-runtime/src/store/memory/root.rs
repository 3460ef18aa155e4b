//! All that is stored, at one moment.

use super::completions::{Completions, Entry};
use super::log::Log;
use super::table::Table;
use crate::commit::{Change, Commit, Emitted, Expect, Operation, Rejected};
use crate::completion::{Completed, Completion};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::query::Scalar;
use crate::record::Record;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What one lock guards, so that records, head and log are always of one moment.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) seq: u64,
    pub(super) tables: Vec<Table>,
    pub(super) log: Log,
    pub(super) completions: Completions,
}

/// The record that a reply is about.
pub(super) struct About {
    resource: usize,
    id: Box<str>,
    /// As it was before the commit.
    before: Option<Arc<Record>>,
}

impl Root {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            seq: 0,
            tables: Vec::new(),
            log: Log::new(config.log_capacity),
            completions: Completions::new(config),
        }
    }

    pub(super) fn table(&self, resource: usize) -> Result<&Table> {
        self.tables
            .get(resource)
            .ok_or_else(|| Error::internal("the store was not opened for this resource"))
    }

    /// Whether it is no repetition and each operation finds what it expects, and which records the
    /// reply will be about. After this nothing can fail.
    pub(super) fn check(&self, commit: &Commit) -> Result<Vec<About>, Rejected> {
        if let Some(Completion { caller, key, .. }) = &commit.completion
            && !self.completions.takes(caller, *key)
        {
            return Err(Rejected::Repeated);
        }
        for (nth, operation) in commit.operations.iter().enumerate() {
            if let Operation::Emit { resource, .. } = operation {
                self.table(*resource).map_err(Rejected::Failed)?;
            }
            let Some((resource, id, expect)) = parts(operation) else {
                continue;
            };
            let table = self.table(resource).map_err(Rejected::Failed)?;
            let as_expected = match expect {
                Expect::Any => true,
                Expect::Absent => table.get(id).is_none(),
                Expect::Present => table.get(id).is_some(),
                Expect::Rev(rev) => table.get(id).is_some_and(|stored| stored.rev() == rev),
            };
            if !as_expected {
                return Err(Rejected::Conflict(nth));
            }
        }
        self.check_unique(commit)?;
        self.check_childless(commit)?;
        self.about(commit)
    }

    /// Whether no two records would have one value that must be unique.
    fn check_unique(&self, commit: &Commit) -> Result<(), Rejected> {
        if self.tables.iter().all(|table| table.unique().is_empty()) {
            return Ok(());
        }
        let written: HashMap<_, _> = commit.operations.iter().filter_map(written).collect();
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
                let holder = table.holders(property, &value).next().map(|it| it.id());
                let is_held = holder.is_some_and(|id| !written.contains_key(&(*resource, id)));
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

    /// Whether no record would be left that has a value which the commit relies on nobody having.
    fn check_childless(&self, commit: &Commit) -> Result<(), Rejected> {
        let is_childless = |it: &Operation| matches!(it, Operation::Childless { .. });
        if !commit.operations.iter().any(is_childless) {
            return Ok(());
        }
        let after: HashMap<_, _> = commit.operations.iter().filter_map(written).collect();
        let mut stored = HashMap::<_, BTreeSet<Scalar<'_>>>::new();
        for (nth, operation) in commit.operations.iter().enumerate() {
            let Operation::Childless {
                resource,
                property,
                value,
            } = operation
            else {
                continue;
            };
            let table = self.table(*resource).map_err(Rejected::Failed)?;
            let value = Scalar::read(value).into_owned();
            let mut holders = table.holders(*property, &value);
            let is_left = holders.any(|holder| !after.contains_key(&(*resource, holder.id())));
            // What the commit stores is looked through once for each property.
            let stored = stored.entry((*resource, *property)).or_insert_with(|| {
                let of = after.iter().filter(|((of, _), _)| of == resource);
                let stored = of.filter_map(|(_, record)| *record);
                stored.map(|it| Scalar::read(it.value(*property))).collect()
            });
            if is_left || stored.contains(&value) {
                return Err(Rejected::Conflict(nth));
            }
        }
        Ok(())
    }

    /// The records that the reply will be about.
    fn about(&self, commit: &Commit) -> Result<Vec<About>, Rejected> {
        let positions = commit.completion.iter().flat_map(Completion::about);
        let about = positions.map(|at| {
            let missing = || Rejected::Failed(Error::internal("the reply is about no record"));
            let operation = commit.operations.get(at).ok_or_else(missing)?;
            let (resource, id, _) = parts(operation).ok_or_else(missing)?;
            let table = self.table(resource).map_err(Rejected::Failed)?;
            let before = table.get(id).cloned();
            if before.is_none() && !matches!(operation, Operation::Put { .. }) {
                return Err(missing());
            }
            Ok(About {
                resource,
                id: id.into(),
                before,
            })
        });
        about.collect()
    }

    /// Remembers the request that made commit `seq`, and hands back those that are forgotten for it.
    #[must_use = "dropping what is forgotten takes time that nobody should wait for"]
    pub(super) fn remember(
        &mut self,
        completion: Completion,
        about: Vec<About>,
        seq: u64,
    ) -> Vec<Entry> {
        let about = about.into_iter().filter_map(|about| {
            let after = self.tables[about.resource].get(&about.id).cloned();
            after.or(about.before)
        });
        match Completed::new(&completion, seq, about) {
            Some(completed) => self.completions.push(completion, completed),
            None => Vec::new(),
        }
    }

    /// Carries out what was checked.
    pub(super) fn apply(
        &mut self,
        operations: Vec<Operation>,
        seq: u64,
    ) -> (Vec<Change>, Vec<Emitted>) {
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
                Operation::Assert { .. } | Operation::Childless { .. } => continue,
            };
            if before.is_some() || after.is_some() {
                changes.push(Change {
                    resource,
                    before,
                    after,
                });
            }
        }
        // Whatever its place among the operations, an event has its record as it is in the end.
        let emitted = if emissions.is_empty() {
            Vec::new()
        } else {
            self.emitted(emissions, &changes)
        };
        (changes, emitted)
    }

    /// The events, each with its record as it is now, or was before these changes removed it.
    fn emitted(&self, emissions: Vec<Emission>, changes: &[Change]) -> Vec<Emitted> {
        let gone = changes.iter().filter_map(|change| {
            let before = change.before.as_ref()?;
            let is_gone = change.after.is_none();
            is_gone.then_some(((change.resource, before.id()), before))
        });
        let gone: HashMap<_, _> = gone.collect();
        let emitted = emissions
            .into_iter()
            .filter_map(|(resource, id, event, data)| {
                let stored = self.tables[resource].get(&id);
                let record = stored.or_else(|| gone.get(&(resource, &*id)).copied())?;
                Some(Emitted {
                    resource,
                    event,
                    record: Arc::clone(record),
                    data: data.into(),
                })
            });
        emitted.collect()
    }
}

/// An event on its way into the log: resource, id, event, data.
type Emission = (usize, Box<str>, usize, Box<str>);

/// The place of the record that an operation stores or removes, and what it stores there.
fn written(operation: &Operation) -> Option<((usize, &str), Option<&Record>)> {
    match operation {
        Operation::Put {
            resource, record, ..
        } => Some(((*resource, record.id()), Some(record))),
        Operation::Delete { resource, id, .. } => Some(((*resource, id), None)),
        Operation::Assert { .. } | Operation::Childless { .. } | Operation::Emit { .. } => None,
    }
}

/// The record that an operation names, and what it expects of it.
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
        Operation::Childless { .. } | Operation::Emit { .. } => return None,
    })
}
