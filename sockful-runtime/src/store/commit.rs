//! The only way to write: a list of operations that take effect together or not at all.

use crate::model::record::Record;
use crate::protocol::position::{PositionKey, PositionProof};
use crate::store::guard::Guard;
use crate::store::idempotency::IdempotencyEntry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// What a unit of work wants stored.
#[derive(Debug, Default)]
pub struct Commit {
    /// The operations, in order; at most one writes each record.
    pub operations: Vec<Operation>,
    /// The lists that it relies on, checked in the same step as what the operations expect.
    pub guards: Vec<Guard>,
    /// What is remembered with it, where the request that makes it has a `key`.
    pub idempotency: Option<IdempotencyEntry>,
}

/// One operation of a commit.
#[derive(Debug)]
#[non_exhaustive]
pub enum Operation {
    /// Stores a record.
    Put {
        /// The resource's place in the served list.
        resource: usize,
        /// The record; its revision becomes that of the commit.
        record: Record,
        /// What must be stored so far.
        expect: Expect,
    },
    /// Removes a record.
    Delete {
        /// The resource's place in the served list.
        resource: usize,
        /// The record's id, as [`key::canonical`](crate::model::key::canonical) spells it.
        id: Box<str>,
        /// What must be stored so far.
        expect: Expect,
    },
    /// Changes nothing, but fails the commit where another writer did.
    Assert {
        /// The resource's place in the served list.
        resource: usize,
        /// The record's id, as [`key::canonical`](crate::model::key::canonical) spells it.
        id: Box<str>,
        /// What must be stored so far.
        expect: Expect,
    },
    /// Changes nothing, but fails the commit if a record has this value in this property after the
    /// commit.
    AssertNoChildren {
        /// The resource's place in the served list.
        resource: usize,
        /// The position of the property, which has an index.
        property: usize,
        /// The value, as JSON.
        value: Box<str>,
    },
    /// Changes nothing and expects nothing, but has it in the log that an event happened to a record;
    /// nothing of it where the record is there neither after the commit nor before it.
    Emit {
        /// The resource's place in the served list.
        resource: usize,
        /// The record's id, as [`key::canonical`](crate::model::key::canonical) spells it.
        id: Box<str>,
        /// The event's position in [`ResourceDef::events`](crate::model::definition::ResourceDef::events).
        event: usize,
        /// What is told of it, as JSON.
        data: Box<str>,
    },
}

impl Operation {
    /// Whether it says something of the record of this id, which is there before the commit or after it.
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

/// What an operation relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expect {
    /// Nothing.
    Any,
    /// That there is no such record.
    Absent,
    /// That there is such a record, whatever it is.
    Present,
    /// That the record is the one of this revision.
    Rev(u64),
}

/// A commit as it was taken into the log.
#[derive(Debug)]
pub struct Committed {
    /// Its number: dense, in commit order, the first is 1.
    pub seq: u64,
    /// A random number: two commits with the same number and tag have the same history before them,
    /// whatever became of the file.
    pub tag: u64,
    /// What it changed, in the order of its operations.
    pub changes: Vec<RecordChange>,
    /// The declared events that happened with it, in the order of its operations.
    pub emitted: Vec<Emitted>,
    /// The proof of the position after it, when one was sent: all subscribers get the same.
    proof: OnceLock<PositionProof>,
}

impl Committed {
    /// Creates the commit of this number.
    pub fn new(seq: u64, tag: u64, changes: Vec<RecordChange>, emitted: Vec<Emitted>) -> Self {
        Self {
            seq,
            tag,
            changes,
            emitted,
            proof: OnceLock::new(),
        }
    }

    /// The proof of the position after it, by the key of its store.
    pub(crate) fn proof(&self, key: &PositionKey) -> PositionProof {
        *self.proof.get_or_init(|| key.position(self.seq, self.tag))
    }

    /// Whether it neither changed nor emitted anything: then it took no number, and is in no log.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.emitted.is_empty()
    }

    /// Whether it breaks a guard: it comes after the read, and changes a record that is in the guarded part
    /// of the list before or after the change.
    pub fn breaks(&self, guard: &Guard) -> bool {
        let mut changes = self.changes.iter();
        self.seq > guard.read_seq
            && changes.any(|change| {
                let is_guarded = |image: &Arc<Record>| guard.covers(image);
                change.resource == guard.resource && change.images().any(is_guarded)
            })
    }

    /// How much memory it takes, about, in bytes, where nothing else holds its records.
    pub fn weight(&self) -> usize {
        let lists = size_of_val(&*self.changes) + size_of_val(&*self.emitted);
        let data: usize = self.emitted.iter().map(|event| event.data.len()).sum();
        let images = self.changes.iter().flat_map(RecordChange::images);
        let records = images.clone().map(|it| it.weight()).sum::<usize>();
        // Each once, however many events it has.
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

/// One record before and after a commit, private properties included.
#[derive(Clone, Debug)]
pub struct RecordChange {
    /// The resource's place in the served list.
    pub resource: usize,
    /// The record before; `None` where the commit created it.
    pub before: Option<Arc<Record>>,
    /// The record after; `None` where the commit removed it.
    pub after: Option<Arc<Record>>,
}

impl RecordChange {
    /// The record before and after, as far as it was there.
    pub(crate) fn images(&self) -> impl Iterator<Item = &Arc<Record>> + Clone {
        self.before.iter().chain(&self.after)
    }
}

/// A declared event that happened to a record.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// The resource's place in the served list.
    pub resource: usize,
    /// The event's position in [`ResourceDef::events`](crate::model::definition::ResourceDef::events).
    pub event: usize,
    /// The record after the commit; as it was before, where the commit removed it.
    pub record: Arc<Record>,
    /// What is told of it, as JSON.
    pub data: Arc<str>,
}

/// Why a commit was not taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum Rejected {
    /// An operation found something else than it expected: the one at this position.
    Conflict(usize),
    /// A list that the commit relies on may have changed since it was read: the guard at this position.
    GuardFailed(usize),
    /// A value that must be unique is another record's.
    Taken {
        /// The position of the operation that stores it.
        operation: usize,
        /// The resource's place in the served list.
        resource: usize,
        /// The position of the property in the resource's table.
        property: usize,
    },
    /// The request that makes it took effect already, or may have: its caller's `key` is remembered,
    /// or as old as what is forgotten. Said before anything else that stands against it.
    Repeated,
    /// The store can't take it now.
    Failed(crate::core::error::Error),
}
