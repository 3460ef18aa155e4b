//! Snapshots of lists.

use super::list::List;
use super::{evaluate, several};
use crate::core::error::{Error, Result};
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter};
use crate::store::read_room::ReadRoom;
use crate::store::scan::Scans;
use crate::store::search::Search;
use crate::store::{Found, MaybeReady, Several, Snapshot, ready};
use std::collections::HashMap;
use std::sync::Arc;

/// A snapshot of the lists of some resources.
#[derive(Debug)]
pub(super) struct MemorySnapshot {
    pub(super) seq: u64,
    pub(super) lists: HashMap<usize, List>,
    pub(super) max_visited: usize,
    pub(super) scans: Arc<Scans>,
}

impl MemorySnapshot {
    fn list(&self, resource: usize) -> Result<&List> {
        let missing = || Error::internal("the snapshot was not taken of this resource");
        self.lists.get(&resource).ok_or_else(missing)
    }

    /// Evaluates `see` on a list.
    fn evaluate<T: Send + 'static>(
        &self,
        resource: usize,
        see: impl Fn(&Search<'_, List>) -> Result<T> + Send + 'static,
    ) -> MaybeReady<'_, Result<T>> {
        match self.list(resource) {
            Ok(list) => evaluate(list.clone(), self.max_visited, &self.scans, see),
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
        self.evaluate(resource, move |search| search.find(&query))
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
        self.evaluate(resource, move |search| {
            let room = ReadRoom::new(max_bytes);
            let of = |value| search.related(property, value, &filter, limit, &room);
            room.collect(values.iter().map(of))
        })
    }
}
