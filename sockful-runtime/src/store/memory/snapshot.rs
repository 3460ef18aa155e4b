//! Snapshots of lists.

use super::list::{List, Lists, SearchedList};
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

    /// Returns the lists that a search of a resource with these conditions reads.
    fn lists(&self, resource: usize, filter: &QueryFilter) -> Result<Lists> {
        let list = self.list(resource)?.clone();
        let related = if filter.has_relations() {
            self.lists.values().cloned().collect()
        } else {
            Vec::new()
        };
        Ok(Lists { list, related })
    }

    /// Evaluates `see` on these lists.
    fn evaluate<T: Send + 'static>(
        &self,
        lists: Result<Lists>,
        see: impl Fn(&Search<'_, SearchedList<'_>>) -> Result<T> + Send + 'static,
    ) -> MaybeReady<'_, Result<T>> {
        match lists {
            Ok(lists) => evaluate(lists, self.max_visited, &self.scans, see),
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
        let lists = self.lists(resource, &query.filter);
        self.evaluate(lists, move |search| search.find(&query))
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
        let lists = self.lists(resource, &filter);
        self.evaluate(lists, move |search| {
            let room = ReadRoom::new(max_bytes);
            let of = |value| search.related(property, value, &filter, limit, &room);
            room.collect(values.iter().map(of))
        })
    }
}
