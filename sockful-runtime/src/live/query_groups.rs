//! All subscriptions grouped by query, with an index of the queries that a change may affect.

use super::connection_subscriptions::ConnectionSubscriptions;
use super::evaluation::{Candidate, Evaluation, GroupEvents, GroupQuery, MovedAt, WatchCandidate};
use super::live_query::LiveQuery;
use super::query_group::QueryGroup;
use super::query_index::{QueryIndex, ValueIndex};
use super::related::{ResolvedQuery, Watch};
use super::relation_state::RelationState;
use crate::core::caller_id::CallerId;
use crate::core::error::Result;
use crate::store::commit::{Committed, Emitted};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::task::Waker;

/// All subscriptions, grouped by query.
#[derive(Debug)]
pub(super) struct QueryGroups {
    /// A tree: hashing an id would take longer for each event.
    by_id: BTreeMap<u64, QueryGroup>,
    by_query: HashMap<(usize, Arc<str>), u64>,
    /// One index per resource.
    indexes: Vec<QueryIndex>,
    /// The watches of related records, and an index of them per resource.
    watches: BTreeMap<u64, WatchCandidate>,
    watch_indexes: Vec<ValueIndex>,
    max_scanned: usize,
    last_id: u64,
    /// The groups that were added or resolved during an evaluation, which were not among its candidates.
    added: Option<AddedGroups>,
}

/// The groups that an evaluation does not include, because it had begun before.
#[derive(Debug, Default)]
struct AddedGroups {
    new: Vec<u64>,
    resolved: Vec<u64>,
}

/// A new subscription: the caller, its connection and the query.
#[derive(Debug)]
pub(super) struct NewSubscriber<'a> {
    pub(super) query: &'a Arc<LiveQuery>,
    /// The canonical text of the query.
    pub(super) canonical: Arc<str>,
    /// The watches of its related records.
    pub(super) watches: Vec<Arc<Watch>>,
    pub(super) caller: CallerId,
    pub(super) connection: &'a Arc<ConnectionSubscriptions>,
}

impl QueryGroups {
    pub(super) fn new(resources: usize, max_scanned: usize) -> Self {
        Self {
            by_id: BTreeMap::new(),
            by_query: HashMap::new(),
            indexes: (0..resources).map(|_| QueryIndex::default()).collect(),
            watches: BTreeMap::new(),
            watch_indexes: (0..resources).map(|_| ValueIndex::default()).collect(),
            max_scanned,
            last_id: 0,
            added: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Adds a subscription at commit `position`. Returns the id of its group and its own id.
    pub(super) fn add(&mut self, new: NewSubscriber<'_>, position: u64) -> Result<(u64, u64)> {
        let NewSubscriber {
            query,
            canonical,
            watches,
            caller,
            connection,
        } = new;
        let key = (query.resource, canonical.clone());
        let group = if let Some(&group) = self.by_query.get(&key) {
            group
        } else {
            let id = self.next_id();
            let of = Arc::new(GroupQuery {
                query: query.clone(),
                weight: query.weight(),
                asked_by: caller.clone(),
            });
            let units = self.indexes[query.resource].add(id, &of, self.max_scanned)?;
            self.by_query.insert(key, id);
            let relations = (!watches.is_empty()).then(|| {
                let watches = watches.into_iter();
                let watches = watches.map(|watch| self.watch(id, watch, &caller));
                Box::new(RelationState::new(watches.collect(), position))
            });
            let group = QueryGroup::new(of, relations, canonical, units);
            self.by_id.insert(id, group);
            self.added.iter_mut().for_each(|it| it.new.push(id));
            id
        };
        let id = self.next_id();
        if let Some(group) = self.by_id.get_mut(&group) {
            group.add(id, caller, connection.clone(), position);
        }
        Ok((group, id))
    }

    pub(super) fn remove(&mut self, group: u64, id: u64) {
        let Some(of) = self.by_id.get_mut(&group) else {
            return;
        };
        let resource = of.of.query.resource;
        if let Some(passed) = of.remove(id) {
            self.indexes[resource].pass_on(passed);
        }
        if !of.is_empty() {
            return;
        }
        if let Some(of) = self.by_id.remove(&group) {
            if let Some(evaluated) = of.evaluated() {
                self.indexes[resource]
                    .groups
                    .remove(group, &evaluated.query);
            }
            self.by_query.remove(&(resource, of.canonical));
            let watches = of.relations.into_iter().flat_map(|it| it.watches);
            for id in watches {
                if let Some(WatchCandidate { watch, .. }) = self.watches.remove(&id) {
                    let index = &mut self.watch_indexes[watch.resource];
                    index.remove_values(id, watch.filter.values());
                }
            }
        }
    }

    /// Adds a watch of a group. Returns its id.
    fn watch(&mut self, group: u64, watch: Arc<Watch>, asked_by: &CallerId) -> u64 {
        let id = self.next_id();
        self.watch_indexes[watch.resource].add(id, watch.filter.values());
        let candidate = WatchCandidate {
            group,
            watch,
            asked_by: asked_by.clone(),
        };
        self.watches.insert(id, candidate);
        id
    }

    /// Sets the resolved query of a group and the position of a subscriber, for which it was resolved
    /// at commit `seq`. Returns the version of the group's resolved query, if that is the same.
    pub(super) fn settle(
        &mut self,
        (group, id): (u64, u64),
        seq: u64,
        resolved: &ResolvedQuery,
        (head, max): (u64, usize),
    ) -> Option<u64> {
        let of = self.by_id.get_mut(&group)?;
        let relations = of.relations.as_mut()?;
        let is_current = relations.is_current(seq);
        if is_current && relations.resolved.is_none() {
            let query = Arc::new(GroupQuery {
                weight: resolved.query.weight(),
                query: resolved.query.clone(),
                asked_by: of.of.asked_by.clone(),
            });
            self.indexes[query.query.resource]
                .groups
                .add_query(group, &query.query);
            relations.resolve(seq, query);
            // Commits that are being evaluated are not evaluated for this group.
            self.added.iter_mut().for_each(|it| it.resolved.push(group));
        }
        let version = relations.version().filter(|_| is_current);
        of.settle(id, seq, version.is_none() || seq < head, max);
        version
    }

    /// Handles that commits may have changed the related records of these groups: their subscribers
    /// have to catch up. Returns from which commit on each group is not evaluated.
    pub(super) fn set_moved(&mut self, moved: HashMap<u64, MovedAt>) -> HashMap<u64, u64> {
        let mut unevaluated = HashMap::new();
        for (group, at) in moved {
            let Some(of) = self.by_id.get_mut(&group) else {
                continue;
            };
            let Some(relations) = &mut of.relations else {
                continue;
            };
            let Some(MovedAt { first, last }) = relations.unknown_part(at) else {
                continue;
            };
            if let Some(before) = relations.change(last) {
                self.indexes[before.query.resource]
                    .groups
                    .remove(group, &before.query);
            }
            unevaluated.insert(group, first);
        }
        unevaluated
    }

    /// The groups that these commits may affect, for evaluation without the lock. The result is
    /// then passed to [`push`](Self::push).
    pub(super) fn candidates(&mut self, commits: Vec<Arc<Committed>>) -> Evaluation {
        self.added = Some(AddedGroups::default());
        let mut evaluation = Evaluation::new();
        for committed in commits {
            if !self.watches.is_empty() {
                let ids = self.watches_of(&committed).into_iter();
                let watches = ids.filter_map(|id| self.watches.get(&id).cloned());
                evaluation.watches.push(watches.collect());
            }
            let ids = self.candidates_of(&committed).into_iter();
            let groups = ids.filter_map(|id| Some((id, self.by_id.get(&id)?.evaluated()?.clone())));
            let groups = groups.collect();
            evaluation.candidates.push((committed, groups));
        }
        evaluation
    }

    /// Adds a commit to the groups that it affects. Adds the groups whose windows have to be read
    /// again to `exhausted`.
    pub(super) fn push(
        &mut self,
        committed: &Arc<Committed>,
        concerned: Vec<GroupEvents>,
        max: usize,
        wakers: &mut Vec<Waker>,
        exhausted: &mut Vec<u64>,
    ) {
        for GroupEvents {
            group: id,
            events,
            compared,
        } in concerned
        {
            let Some(group) = self.by_id.get_mut(&id) else {
                continue;
            };
            if compared > 0 {
                group.charge(compared);
            }
            if !events.is_empty() && group.push(committed, events, max, wakers) {
                exhausted.push(id);
            }
        }
    }

    /// Finishes an evaluation of the commits after `from` up to `last`: the groups that were `deferred`,
    /// or added or resolved in the meantime, have to catch up.
    pub(super) fn finish(
        &mut self,
        (from, last): (u64, u64),
        deferred: HashSet<u64>,
        max: usize,
        wakers: &mut Vec<Waker>,
    ) {
        let AddedGroups { new, resolved } = self.added.take().unwrap_or_default();
        // The watches of new groups were not evaluated.
        let first = from + 1;
        let moved = new.iter().map(|&id| (id, MovedAt { first, last }));
        self.set_moved(moved.collect());
        for id in deferred.into_iter().chain(new).chain(resolved) {
            if let Some(group) = self.by_id.get_mut(&id) {
                group.set_all_behind(from, max, wakers);
            }
        }
    }

    /// The groups that a transient event may affect.
    pub(super) fn candidates_of_event(&self, event: &Emitted) -> Vec<Candidate> {
        let mut candidates = BTreeSet::new();
        let index = &self.indexes[event.resource].groups;
        index.add_candidates(&event.record, &mut candidates);
        let ids = candidates.into_iter();
        ids.filter_map(|id| Some((id, self.by_id.get(&id)?.evaluated()?.clone())))
            .collect()
    }

    /// Passes a transient event to these groups.
    pub(super) fn broadcast(&self, groups: &[u64], event: &Arc<Emitted>, wakers: &mut Vec<Waker>) {
        for group in groups.iter().filter_map(|id| self.by_id.get(id)) {
            group.broadcast(event, wakers);
        }
    }

    /// Marks all subscriptions as behind because commits up to `head` are missing.
    pub(super) fn set_all_behind(&mut self, head: u64, max: usize, wakers: &mut Vec<Waker>) {
        let of_relations = self.by_id.iter().filter(|(_, of)| of.relations.is_some());
        let (first, last) = (0, head);
        let moved = of_relations.map(|(&id, _)| (id, MovedAt { first, last }));
        self.set_moved(moved.collect());
        for group in self.by_id.values_mut() {
            group.set_all_behind(0, max, wakers);
        }
    }

    /// Whether a window is being read again.
    #[cfg(test)]
    pub(super) fn is_any_held(&self) -> bool {
        self.by_id.values().any(|group| group.held().is_some())
    }

    pub(super) fn get_mut(&mut self, group: u64) -> Option<&mut QueryGroup> {
        self.by_id.get_mut(&group)
    }

    /// The groups that a commit may affect, without duplicates.
    fn candidates_of(&self, committed: &Committed) -> BTreeSet<u64> {
        let mut candidates = BTreeSet::new();
        for change in &committed.changes {
            let index = &self.indexes[change.resource].groups;
            change
                .images()
                .for_each(|it| index.add_candidates(it, &mut candidates));
        }
        for event in &committed.emitted {
            let index = &self.indexes[event.resource].groups;
            index.add_candidates(&event.record, &mut candidates);
        }
        candidates
    }

    /// The watches that a commit may affect, without duplicates.
    fn watches_of(&self, committed: &Committed) -> BTreeSet<u64> {
        let mut candidates = BTreeSet::new();
        for change in &committed.changes {
            let index = &self.watch_indexes[change.resource];
            change
                .images()
                .for_each(|it| index.add_candidates(it, &mut candidates));
        }
        candidates
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}
