//! The records and events of a transaction.

use super::emission::Emission;
use super::escalation::Escalation;
use super::guards::ListReads;
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::store::commit::{Expect, Operation};
use std::collections::HashMap;
use std::sync::Arc;

/// The state of a transaction so far.
#[derive(Debug, Default)]
pub(super) struct TransactionState {
    pub(super) entries: Vec<StagedRecord>,
    /// The index of the entry of each record, once there are more than a few.
    places: HashMap<(usize, Box<str>), usize>,
    pub(super) assert_no_children: Vec<AssertNoChildren>,
    /// The lists that were read, if any.
    pub(super) lists: Option<Box<ListReads>>,
    /// The events, in the order in which they were emitted.
    pub(super) emitted: Vec<Emission>,
    /// The events that are sent without being part of the commit.
    pub(super) broadcast: Vec<Emission>,
    /// The keys of the identities that are refreshed after the commit.
    pub(super) refreshed: Vec<Box<str>>,
    /// The newest commit that was read from.
    pub(super) seq: Option<u64>,
    /// The oldest commit that was read from.
    oldest: Option<u64>,
    pub(super) is_over: bool,
    /// The number of writes, including events.
    pub(super) writes: usize,
    /// Why the transaction must not be committed.
    pub(super) poisoned: Option<String>,
    /// The state of the earlier runs of the call, if a list had changed.
    pub(super) escalation: Option<Box<Escalation>>,
}

/// A record that the transaction has read or written.
#[derive(Debug)]
pub(super) struct StagedRecord {
    pub(super) resource: usize,
    pub(super) id: Box<str>,
    pub(super) before: Option<Arc<Record>>,
    pub(super) after: Option<Arc<Record>>,
    pub(super) dependency: ReadDependency,
    /// How often the transaction wrote the record.
    pub(super) writes: usize,
}

/// Asserts that a record has no children of one relation, if the record is gone at the commit.
#[derive(Debug)]
pub(super) struct AssertNoChildren {
    pub(super) resource: usize,
    pub(super) id: Box<str>,
    pub(super) operation: Operation,
}

/// What a transaction asserts about a record that it has read and does not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ReadDependency {
    /// Whether it exists.
    Presence,
    /// That it has not changed since it was read.
    Content,
}

/// Up to this many entries are searched linearly.
const FEW: usize = 16;

impl TransactionState {
    /// The state, if the transaction has not been finished.
    pub(super) fn open(&mut self) -> Result<&mut Self> {
        if self.is_over {
            return Err(Error::internal(
                "the context was used after its call, when the transaction had ended",
            ));
        }
        Ok(self)
    }

    /// Records that something was read from this commit.
    pub(super) fn note(&mut self, seq: u64) {
        self.seq = self.seq.max(Some(seq));
        self.oldest = Some(self.oldest.map_or(seq, |oldest| oldest.min(seq)));
    }

    /// Whether everything that was read is from one commit.
    pub(super) fn is_of_one_commit(&self) -> bool {
        self.seq == self.oldest
    }

    /// The lists that were read, for adding another one.
    pub(super) fn lists(&mut self) -> &mut ListReads {
        self.lists.get_or_insert_with(|| Box::new(ListReads::new()))
    }

    pub(super) fn entry(&mut self, resource: usize, id: &str) -> Option<&mut StagedRecord> {
        let at = if self.entries.len() <= FEW {
            let is_it = |entry: &StagedRecord| entry.resource == resource && *entry.id == *id;
            self.entries.iter().position(is_it)
        } else {
            self.places.get(&(resource, id.into())).copied()
        };
        self.entries.get_mut(at?)
    }

    pub(super) fn add(
        &mut self,
        resource: usize,
        id: &str,
        before: Option<Arc<Record>>,
        dependency: ReadDependency,
    ) {
        self.entries.push(StagedRecord {
            resource,
            id: id.into(),
            after: before.clone(),
            before,
            dependency,
            writes: 0,
        });
        let len = self.entries.len();
        if len == FEW + 1 {
            let each = self.entries.iter().enumerate();
            self.places = each
                .map(|(at, it)| ((it.resource, it.id.clone()), at))
                .collect();
        } else if len > FEW {
            self.places.insert((resource, id.into()), len - 1);
        }
    }

    /// Takes the assertions about children of the parents that do not exist at the end.
    pub(super) fn take_childless(&mut self) -> Vec<Operation> {
        let mut assert_no_children = std::mem::take(&mut self.assert_no_children);
        assert_no_children.retain(|one| {
            let parent = self.entry(one.resource, &one.id);
            parent.is_none_or(|parent| parent.after.is_none())
        });
        assert_no_children
            .into_iter()
            .map(|one| one.operation)
            .collect()
    }

    /// The records of a resource that the transaction has written, in their current state.
    pub(super) fn written(&self, resource: usize) -> HashMap<Box<str>, Option<Arc<Record>>> {
        let of = self
            .entries
            .iter()
            .filter(|entry| entry.resource == resource);
        let written = of.filter(|entry| entry.writes > 0);
        written
            .map(|entry| (entry.id.clone(), entry.after.clone()))
            .collect()
    }
}

impl StagedRecord {
    /// Whether the record is unchanged, also if several writes have restored it.
    pub(super) fn is_as_before(&self) -> bool {
        match (&self.before, &self.after) {
            _ if self.writes == 0 => true,
            (Some(before), Some(after)) => self.writes > 1 && before.same_content(after),
            (before, after) => before.is_none() && after.is_none(),
        }
    }

    fn expect(&self, is_as_before: bool) -> Expect {
        match &self.before {
            Some(_) if is_as_before && self.dependency == ReadDependency::Presence => {
                Expect::Present
            }
            Some(before) => Expect::Rev(before.rev()),
            None => Expect::Absent,
        }
    }

    /// Asserts what was read, ignoring what was written.
    pub(super) fn assertion(self) -> Operation {
        let expect = self.expect(self.writes == 0);
        Operation::Assert {
            resource: self.resource,
            id: self.id,
            expect,
        }
    }

    pub(super) fn operation(self) -> Operation {
        let is_as_before = self.is_as_before();
        let expect = self.expect(is_as_before);
        let (resource, id) = (self.resource, self.id);
        match self.after {
            _ if is_as_before => Operation::Assert {
                resource,
                id,
                expect,
            },
            Some(after) => Operation::Put {
                resource,
                record: Arc::unwrap_or_clone(after),
                expect,
            },
            None => Operation::Delete {
                resource,
                id,
                expect,
            },
        }
    }
}
