//! Commits: lists of operations that take effect atomically, the only way to write.

use crate::model::record::Record;
use crate::protocol::position::{PositionKey, PositionProof};
use crate::store::guard::Guard;
use crate::store::idempotency::IdempotencyEntry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// A set of writes that take effect atomically.
#[derive(Debug, Default)]
pub struct Commit {
    /// The operations, in order; each record is written by at most one.
    pub operations: Vec<Operation>,
    /// The lists that the commit depends on, checked in the same step as the expectations of the
    /// operations.
    pub guards: Vec<Guard>,
    /// The entry to remember if the request of the commit has a `key`.
    pub idempotency: Option<IdempotencyEntry>,
}

/// One operation of a commit.
#[derive(Debug)]
#[non_exhaustive]
pub enum Operation {
    /// Stores a record.
    Put {
        /// The index of the resource in the served list.
        resource: usize,
        /// The record; its revision becomes that of the commit.
        record: Record,
        /// The expected stored version.
        expect: Expect,
    },
    /// Removes a record.
    Delete {
        /// The index of the resource in the served list.
        resource: usize,
        /// The [canonical](crate::model::key::canonical) id of the record.
        id: Box<str>,
        /// The expected stored version.
        expect: Expect,
    },
    /// Changes nothing, but fails the commit if the expectation is not met.
    Assert {
        /// The index of the resource in the served list.
        resource: usize,
        /// The [canonical](crate::model::key::canonical) id of the record.
        id: Box<str>,
        /// The expected stored version.
        expect: Expect,
    },
    /// Changes nothing, but fails the commit if a record has this value of the property after the
    /// commit.
    AssertNoChildren {
        /// The index of the resource in the served list.
        resource: usize,
        /// The position of the property, which is indexed.
        property: usize,
        /// The value, as JSON.
        value: Box<str>,
    },
    /// Emits an event of a record, without changing or expecting anything. The event is dropped if the
    /// record exists neither before nor after the commit.
    Emit {
        /// The index of the resource in the served list.
        resource: usize,
        /// The [canonical](crate::model::key::canonical) id of the record.
        id: Box<str>,
        /// The event's position in [`ResourceDef::events`](crate::model::definition::ResourceDef::events).
        event: usize,
        /// The data of the event, as JSON.
        data: Box<str>,
    },
}

impl Operation {
    /// Returns whether the operation concerns the record with this id, which exists before or after the
    /// commit.
    pub(crate) fn is_of(&self, at: usize, name: &str) -> bool {
        match self {
            Self::Put {
                resource, record, ..
            } => *resource == at && record.id() == name,
            Self::Delete { resource, id, .. } => *resource == at && **id == *name,
            Self::Assert {
                resource,
                id,
                expect,
            } => *resource == at && **id == *name && *expect != Expect::Absent,
            Self::AssertNoChildren { .. } | Self::Emit { .. } => false,
        }
    }
}

/// The expected stored version of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expect {
    /// Anything, including no record.
    Any,
    /// No record.
    Absent,
    /// A record of any revision.
    Present,
    /// The record with this revision.
    Rev(u64),
}

/// A commit in the log.
#[derive(Debug)]
pub struct Committed {
    /// The sequence number: dense, in commit order, beginning with 1.
    pub seq: u64,
    /// A random number: two commits with the same number and tag have the same history before them,
    /// even if the file was copied or restored.
    pub tag: u64,
    /// The changes, in the order of the operations.
    pub changes: Vec<RecordChange>,
    /// The emitted events, in the order of the operations.
    pub emitted: Vec<Emitted>,
    /// The proof of the position after the commit, once it was sent: it is shared by all subscribers.
    proof: OnceLock<PositionProof>,
}

impl Committed {
    /// Creates the commit with this number.
    pub fn new(seq: u64, tag: u64, changes: Vec<RecordChange>, emitted: Vec<Emitted>) -> Self {
        Self {
            seq,
            tag,
            changes,
            emitted,
            proof: OnceLock::new(),
        }
    }

    /// Returns the proof of the position after the commit, with the key of its store.
    pub(crate) fn proof(&self, key: &PositionKey) -> PositionProof {
        *self.proof.get_or_init(|| key.position(self.seq, self.tag))
    }

    /// Returns whether the commit neither changed nor emitted anything: then it has no number of its
    /// own, and is not in the log.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.emitted.is_empty()
    }

    /// Returns whether the commit violates a guard: it comes after the read, and changes a record that
    /// is in the guarded part of the list before or after the change.
    pub fn breaks(&self, guard: &Guard) -> bool {
        let mut changes = self.changes.iter();
        self.seq > guard.read_seq
            && changes.any(|change| {
                let is_guarded = |image: &Arc<Record>| guard.covers(image);
                change.resource == guard.resource && change.images().any(is_guarded)
            })
    }

    /// Returns the approximate memory use in bytes, assuming that nothing else holds the records.
    pub fn weight(&self) -> usize {
        let lists = size_of_val(&*self.changes) + size_of_val(&*self.emitted);
        let data: usize = self.emitted.iter().map(|event| event.data.len()).sum();
        let images = self.changes.iter().flat_map(RecordChange::images);
        let records = images.clone().map(|it| it.weight()).sum::<usize>();
        // Each record once, even if it has many events.
        let known: HashSet<_> = match &*self.emitted {
            [] => HashSet::new(),
            _ => images.map(Arc::as_ptr).collect(),
        };
        let emitted = self.emitted.iter().map(|event| &event.record);
        let others: HashMap<_, _> = emitted.map(|it| (Arc::as_ptr(it), it.weight())).collect();
        let others = others.iter().filter(|(it, _)| !known.contains(*it));
        let others: usize = others.map(|(_, weight)| weight).sum();
        size_of::<Self>() + lists + data + records + others
    }
}

/// A record before and after a commit, including private properties.
#[derive(Clone, Debug)]
pub struct RecordChange {
    /// The index of the resource in the served list.
    pub resource: usize,
    /// The record before the commit; `None` if the commit created it.
    pub before: Option<Arc<Record>>,
    /// The record after the commit; `None` if the commit removed it.
    pub after: Option<Arc<Record>>,
}

impl RecordChange {
    /// Returns the record before and after, as far as it existed.
    pub(crate) fn images(&self) -> impl Iterator<Item = &Arc<Record>> + Clone {
        self.before.iter().chain(&self.after)
    }
}

/// An emitted event of a record.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// The index of the resource in the served list.
    pub resource: usize,
    /// The event's position in [`ResourceDef::events`](crate::model::definition::ResourceDef::events).
    pub event: usize,
    /// The record after the commit, or before it if the commit removed the record.
    pub record: Arc<Record>,
    /// The data of the event, as JSON.
    pub data: Arc<str>,
}

/// The reason why a commit was rejected.
#[derive(Debug)]
#[non_exhaustive]
pub enum Rejected {
    /// The expectation of the operation at this position was not met.
    Conflict(usize),
    /// A list that the commit depends on may have changed since it was read: the guard at this
    /// position.
    GuardFailed(usize),
    /// Another record has the value of a unique property.
    Taken {
        /// The position of the operation that stores the value.
        operation: usize,
        /// The index of the resource in the served list.
        resource: usize,
        /// The position of the property.
        property: usize,
    },
    /// The request took effect already, or may have: the caller's `key` is remembered, or as old as
    /// forgotten ones. Takes precedence over all other reasons.
    Repeated,
    /// The store failed.
    Failed(crate::core::error::Error),
}
