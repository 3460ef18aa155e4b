//! Lists at one moment.

use super::list::List;
use super::{AT_ONCE, at_once_or_aside, search, several};
use crate::core::error::{Error, Result};
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter};
use crate::store::read_room::ReadRoom;
use crate::store::visits::Visits;
use crate::store::{Found, MaybeReady, Several, Snapshot, ready};
use std::collections::HashMap;

/// The lists of some resources at one moment.
#[derive(Debug)]
pub(super) struct MemorySnapshot {
    seq: u64,
    lists: HashMap<usize, List>,
    max_visited: usize,
}

impl MemorySnapshot {
    pub(super) fn new(seq: u64, lists: HashMap<usize, List>, max_visited: usize) -> Self {
        Self {
            seq,
            lists,
            max_visited,
        }
    }

    fn list(&self, resource: usize) -> Result<&List> {
        let missing = || Error::internal("the snapshot was not taken of this resource");
        self.lists.get(&resource).ok_or_else(missing)
    }

    /// What `see` sees of a list, aside where it looks at many records.
    fn evaluate<T: Send + 'static>(
        &self,
        resource: usize,
        many: impl FnOnce(&List) -> bool,
        see: impl FnOnce(&List) -> Result<T> + Send + 'static,
    ) -> MaybeReady<'_, Result<T>> {
        match self.list(resource) {
            Ok(list) => at_once_or_aside(list.clone(), many(list), see),
            Err(error) => ready(Err(error)),
        }
    }
}

impl Snapshot for MemorySnapshot {
    fn seq(&self) -> u64 {
        self.seq
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<Several>> {
        let get = |list: &List| several(&ids, max_bytes, |id| list.get(id));
        ready(self.list(resource).map(get))
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<Found>> {
        let max_visited = self.max_visited;
        self.evaluate(
            resource,
            |list| list.len() > AT_ONCE,
            move |list| search(list, &Visits::new(max_visited)).find(&query),
        )
    }

    fn related(
        &self,
        resource: usize,
        property: usize,
        values: Vec<Scalar<'static>>,
        filter: QueryFilter,
        limit: usize,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<Vec<Found>>> {
        let is_much = values.len().saturating_mul(limit) > 10 * AT_ONCE;
        let is_many = move |list: &List| is_much && list.len() > 10 * AT_ONCE;
        let visits = Visits::new(self.max_visited);
        self.evaluate(resource, is_many, move |list| {
            let (search, room) = (search(list, &visits), ReadRoom::new(max_bytes));
            let of = |value| search.related(property, value, &filter, limit, &room);
            room.collect(values.iter().map(of))
        })
    }
}
