//! The only way to write: a list of operations that take effect together or not at all.

use crate::record::Record;
use std::sync::Arc;

/// What a unit of work wants stored.
#[derive(Debug, Default)]
pub struct Commit {
    /// The operations, in order; at most one writes each record.
    pub operations: Vec<Operation>,
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
        /// The record's id, as [`key::canonical`](crate::key::canonical) spells it.
        id: Box<str>,
        /// What must be stored so far.
        expect: Expect,
    },
    /// Changes nothing, but fails the commit where another writer did.
    Assert {
        /// The resource's place in the served list.
        resource: usize,
        /// The record's id, as [`key::canonical`](crate::key::canonical) spells it.
        id: Box<str>,
        /// What must be stored so far.
        expect: Expect,
    },
}

/// What an operation relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expect {
    /// Nothing.
    Any,
    /// That there is no such record.
    Absent,
    /// That the record is the one of this revision.
    Rev(u64),
}

/// A commit as it was taken into the log.
#[derive(Debug)]
pub struct Committed {
    /// Its number: dense, in commit order, the first is 1.
    pub seq: u64,
    /// A mark that tells this commit from any other that ever had its number.
    pub tag: u64,
    /// What it changed, in the order of its operations.
    pub changes: Vec<Change>,
}

/// One record before and after a commit, private properties included.
#[derive(Clone, Debug)]
pub struct Change {
    /// The resource's place in the served list.
    pub resource: usize,
    /// The record before; `None` where the commit created it.
    pub before: Option<Arc<Record>>,
    /// The record after; `None` where the commit removed it.
    pub after: Option<Arc<Record>>,
}

/// Why a commit was not taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum Rejected {
    /// An operation found something else than it expected: the one at this position.
    Conflict(usize),
    /// A value that must be unique is another record's.
    Taken {
        /// The position of the operation that stores it.
        operation: usize,
        /// The position of the property in the resource's table.
        property: usize,
    },
    /// The store can't take it now.
    Failed(crate::error::Error),
}
