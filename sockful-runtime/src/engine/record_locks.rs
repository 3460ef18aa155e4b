//! One lane for each record: writers of one record follow one another in the order they came.

use std::hash::{BuildHasher, RandomState};
use tokio::sync::{Mutex, MutexGuard};

/// A striped table of fair locks. Two records may share a stripe: then their writers wait for each
/// other, which costs time and nothing else, since a request takes one lane only.
///
/// A `&mut self` method that writes through a [`ServerHandle`](crate::ServerHandle) takes a second
/// one: where that is its own, it waits until its time is over.
#[derive(Debug)]
pub(crate) struct RecordLocks {
    stripes: Box<[Mutex<()>]>,
    hasher: RandomState,
}

/// The lane of a record, held.
pub(crate) type RecordGuard<'a> = MutexGuard<'a, ()>;

const STRIPES: usize = 4096;

impl RecordLocks {
    pub(crate) fn new() -> Self {
        Self {
            stripes: (0..STRIPES).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Waits for the lane of a record, behind those who asked before.
    pub(crate) async fn lock(&self, resource: usize, id: &str) -> RecordGuard<'_> {
        self.stripes[self.stripe(resource, id)].lock().await
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "any part of a hash is a hash"
    )]
    fn stripe(&self, resource: usize, id: &str) -> usize {
        self.hasher.hash_one((resource, id)) as usize % STRIPES
    }
}
