//! All subscriptions grouped by query, with an index of the queries that a change may affect.

use super::connection_subscriptions::ConnectionSubscriptions;
use super::evaluation::{Candidate, Evaluation, GroupEvents, GroupQuery};
use super::live_query::LiveQuery;
use super::query_group::{PassedShare, QueryGroup};
use crate::core::caller_id::CallerId;
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::store::commit::{Committed, Emitted};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

/// A filter counts as one unit, plus one for each of these bytes that it compares.
const BYTES_PER_UNIT: usize = 1024;

/// The `retry_after` of the error if the limit for scanned filters is reached.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// All subscriptions, grouped by query.
#[derive(Debug)]
pub(super) struct QueryGroups {
    /// A tree: hashing an id would take longer for each event.
    by_id: BTreeMap<u64, QueryGroup>,
    by_query: HashMap<(usize, Arc<str>), u64>,
    /// One index per resource.
    indexes: Vec<QueryIndex>,
    max_scanned: usize,
    last_id: u64,
    /// The groups that were added during an evaluation, which were not among its candidates.
    added: Option<Vec<u64>>,
}

/// The groups of one resource, indexed by the values that their queries require.
#[derive(Debug, Default)]
struct QueryIndex {
    /// Groups whose queries require specific values of a property, by property and value.
    by_value: BTreeMap<usize, BTreeMap<Scalar<'static>, BTreeSet<u64>>>,
    /// Groups that any change may affect.
    scanned: BTreeSet<u64>,
    /// How many units the groups with filters count, in total and for each caller.
    units: usize,
    units_by_caller: HashMap<CallerId, usize>,
}

/// A new subscription: the caller, its connection and the query.
#[derive(Debug)]
pub(super) struct NewSubscriber<'a> {
    pub(super) query: &'a Arc<LiveQuery>,
    /// The canonical text of the query.
    pub(super) canonical: Arc<str>,
    pub(super) caller: CallerId,
    pub(super) connection: &'a Arc<ConnectionSubscriptions>,
}

impl QueryGroups {
    pub(super) fn new(resources: usize, max_scanned: usize) -> Self {
        Self {
            by_id: BTreeMap::new(),
            by_query: HashMap::new(),
            indexes: (0..resources).map(|_| QueryIndex::default()).collect(),
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
            self.by_id.insert(id, QueryGroup::new(of, canonical, units));
            self.added.iter_mut().for_each(|added| added.push(id));
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
        if let Some(QueryGroup { of, canonical, .. }) = self.by_id.remove(&group) {
            self.indexes[resource].remove(group, &of.query);
            self.by_query.remove(&(resource, canonical));
        }
    }

    /// The groups that these commits may affect, for evaluation without the lock. The result is
    /// then passed to [`push`](Self::push).
    pub(super) fn candidates(&mut self, commits: Vec<Arc<Committed>>) -> Evaluation {
        self.added = Some(Vec::new());
        let mut evaluation = Evaluation::new();
        for committed in commits {
            let ids = self.candidates_of(&committed).into_iter();
            let groups = ids.filter_map(|id| Some((id, self.by_id.get(&id)?.of.clone())));
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

    /// Finishes an evaluation that began after commit `from`: the groups that were `deferred`, or
    /// added in the meantime, have to catch up.
    pub(super) fn finish(
        &mut self,
        from: u64,
        deferred: HashSet<u64>,
        max: usize,
        wakers: &mut Vec<Waker>,
    ) {
        let added = self.added.take().unwrap_or_default();
        for id in deferred.into_iter().chain(added) {
            if let Some(group) = self.by_id.get_mut(&id) {
                group.set_all_behind(from, max, wakers);
            }
        }
    }

    /// The groups that a transient event may affect.
    pub(super) fn candidates_of_event(&self, event: &Emitted) -> Vec<Candidate> {
        let mut candidates = BTreeSet::new();
        self.indexes[event.resource].add_candidates(&event.record, &mut candidates);
        let ids = candidates.into_iter();
        ids.filter_map(|id| Some((id, self.by_id.get(&id)?.of.clone())))
            .collect()
    }

    /// Passes a transient event to these groups.
    pub(super) fn broadcast(&self, groups: &[u64], event: &Arc<Emitted>, wakers: &mut Vec<Waker>) {
        for group in groups.iter().filter_map(|id| self.by_id.get(id)) {
            group.broadcast(event, wakers);
        }
    }

    /// Marks all subscriptions as behind because commits are missing.
    pub(super) fn set_all_behind(&mut self, max: usize, wakers: &mut Vec<Waker>) {
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
    /// Adds a group. Returns how many units it counts against the caller that first subscribed.
    fn add(&mut self, group: u64, of: &GroupQuery, max_scanned: usize) -> Result<usize> {
        let Some(values) = of.query.combined_filter().values() else {
            // A policy's filter belongs to the application and does not count against the caller.
            let mut units = 0;
            if !of.query.is_unconditional() {
                units = 1 + of.query.filter.weight() / BYTES_PER_UNIT;
                self.take(units, &of.asked_by, max_scanned)?;
            }
            self.scanned.insert(group);
            return Ok(units);
        };
        for (property, value) in values {
            let groups = self.by_value.entry(property).or_default();
            groups.entry(value).or_default().insert(group);
        }
        Ok(0)
    }

    /// Takes units of the limit for a caller, which may have at most as many as are then left for
    /// others.
    fn take(&mut self, units: usize, caller: &CallerId, max_scanned: usize) -> Result<()> {
        let left = max_scanned.saturating_sub(self.units);
        let own = self
            .units_by_caller
            .get(caller)
            .copied()
            .unwrap_or_default();
        let (what, is_own) = if units > left {
            ("subscription filters without an equality condition", false)
        } else if own + units > left {
            (
                "this caller's subscription filters without an equality condition",
                true,
            )
        } else {
            self.units += units;
            *self.units_by_caller.entry(caller.clone()).or_default() += units;
            return Ok(());
        };
        let error = Error::over_limit(what, "max_scanned_groups", max_scanned);
        Err(if is_own {
            error
        } else {
            error.with_retry_after(RETRY_AFTER)
        })
    }

    /// Moves the units of a group to another caller, or releases them.
    fn pass_on(&mut self, PassedShare { units, from, to }: PassedShare) {
        if let Some(own) = self.units_by_caller.get_mut(&from) {
            *own -= units;
            if *own == 0 {
                self.units_by_caller.remove(&from);
            }
        }
        match to {
            Some(to) => *self.units_by_caller.entry(to).or_default() += units,
            None => self.units -= units,
        }
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
