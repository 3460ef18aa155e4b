//! All subscriptions by query, and an index of the queries that a change may concern.

use super::connection_subscriptions::ConnectionSubscriptions;
use super::live_query::LiveQuery;
use super::query_group::QueryGroup;
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::store::commit::{Committed, Emitted};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::task::Waker;

/// All subscriptions, grouped by query.
#[derive(Debug)]
pub(super) struct QueryGroups {
    by_id: HashMap<u64, QueryGroup>,
    by_query: HashMap<(usize, String), u64>,
    /// By resource.
    indexes: Vec<QueryIndex>,
    max_scanned: usize,
    last_id: u64,
}

/// The groups of one resource, indexed by the values that their queries ask for.
#[derive(Debug, Default)]
struct QueryIndex {
    /// Groups whose queries ask for certain values of a property, by property and value.
    by_value: BTreeMap<usize, BTreeMap<Scalar<'static>, BTreeSet<u64>>>,
    /// Groups that any change may concern.
    scanned: BTreeSet<u64>,
}

impl QueryGroups {
    pub(super) fn new(resources: usize, max_scanned: usize) -> Self {
        Self {
            by_id: HashMap::new(),
            by_query: HashMap::new(),
            indexes: (0..resources).map(|_| QueryIndex::default()).collect(),
            max_scanned,
            last_id: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Adds a subscription at commit `position`. Returns the ids of its group and of itself.
    pub(super) fn add(
        &mut self,
        query: &Arc<LiveQuery>,
        connection: &Arc<ConnectionSubscriptions>,
        position: u64,
    ) -> Result<(u64, u64)> {
        let key = (query.resource, query.canonical());
        let group = if let Some(&group) = self.by_query.get(&key) {
            group
        } else {
            let id = self.next_id();
            self.indexes[query.resource].add(id, query, self.max_scanned)?;
            self.by_query.insert(key, id);
            self.by_id.insert(id, QueryGroup::new(query.clone()));
            id
        };
        let id = self.next_id();
        if let Some(group) = self.by_id.get_mut(&group) {
            group.add(id, connection.clone(), position);
        }
        Ok((group, id))
    }

    pub(super) fn remove(&mut self, group: u64, id: u64) {
        let Some(of) = self.by_id.get_mut(&group) else {
            return;
        };
        of.remove(id);
        if !of.is_empty() {
            return;
        }
        if let Some(QueryGroup { query, .. }) = self.by_id.remove(&group) {
            self.indexes[query.resource].remove(group, &query);
            let key = (query.resource, query.canonical());
            self.by_query.remove(&key);
        }
    }

    /// Adds a commit to the groups whose queries it matches.
    pub(super) fn push(&mut self, committed: &Committed, max: usize, wakers: &mut Vec<Waker>) {
        for id in self.candidates(committed) {
            let Some(group) = self.by_id.get_mut(&id) else {
                continue;
            };
            let events = group.query.evaluate(committed);
            if !events.is_empty() {
                group.push(committed.seq, events, max, wakers);
            }
        }
    }

    /// Passes a transient event on to the groups whose queries match its record.
    pub(super) fn broadcast(&self, event: &Arc<Emitted>, wakers: &mut Vec<Waker>) {
        let mut candidates = BTreeSet::new();
        self.indexes[event.resource].add_candidates(&event.record, &mut candidates);
        let groups = candidates.iter().filter_map(|id| self.by_id.get(id));
        for group in groups.filter(|group| group.query.matches(Some(&event.record))) {
            group.broadcast(event, wakers);
        }
    }

    /// Marks all subscriptions as behind, because commits are missing.
    pub(super) fn set_all_behind(&mut self, max: usize, wakers: &mut Vec<Waker>) {
        for group in self.by_id.values_mut() {
            group.set_all_behind(max, wakers);
        }
    }

    pub(super) fn get_mut(&mut self, group: u64) -> Option<&mut QueryGroup> {
        self.by_id.get_mut(&group)
    }

    /// The groups that a commit may concern, each once.
    fn candidates(&self, committed: &Committed) -> BTreeSet<u64> {
        let mut candidates = BTreeSet::new();
        for change in &committed.changes {
            let index = &self.indexes[change.resource];
            change
                .images()
                .for_each(|it| index.add_candidates(it, &mut candidates));
        }
        for event in &committed.emitted {
            self.indexes[event.resource].add_candidates(&event.record, &mut candidates);
        }
        candidates
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

impl QueryIndex {
    fn add(&mut self, group: u64, query: &LiveQuery, max_scanned: usize) -> Result<()> {
        let Some(values) = query.combined_filter().values() else {
            if self.scanned.len() == max_scanned {
                let what = "conditions of subscriptions that ask for no value of a property";
                return Err(Error::over_limit(what, "max_scanned_groups", max_scanned));
            }
            self.scanned.insert(group);
            return Ok(());
        };
        for (property, value) in values {
            let groups = self.by_value.entry(property).or_default();
            groups.entry(value).or_default().insert(group);
        }
        Ok(())
    }

    fn remove(&mut self, group: u64, query: &LiveQuery) {
        self.scanned.remove(&group);
        for (property, value) in query.combined_filter().values().into_iter().flatten() {
            let Some(values) = self.by_value.get_mut(&property) else {
                continue;
            };
            if let Some(groups) = values.get_mut(&value) {
                groups.remove(&group);
                if groups.is_empty() {
                    values.remove(&value);
                }
            }
            if values.is_empty() {
                self.by_value.remove(&property);
            }
        }
    }

    /// Adds the groups whose queries may match `record`.
    fn add_candidates(&self, record: &Record, candidates: &mut BTreeSet<u64>) {
        candidates.extend(&self.scanned);
        for (&property, values) in &self.by_value {
            let value = record.scalar(property);
            candidates.extend(values.get(&value).into_iter().flatten());
        }
    }
}
