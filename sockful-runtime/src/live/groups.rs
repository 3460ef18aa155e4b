//! All subscriptions, and which of them a change of a record may concern.

use super::group::Group;
use super::outlet::Outlet;
use super::{Interest, too_many};
use crate::core::error::Result;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::store::commit::{Committed, Emitted};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::task::Waker;

/// All subscriptions, in groups of equal conditions.
#[derive(Debug)]
pub(super) struct Groups {
    by_id: HashMap<u64, Group>,
    by_conditions: HashMap<(usize, String), u64>,
    /// By resource.
    indexes: Vec<Index>,
    max_scanned: usize,
    next: u64,
}

/// The groups of one resource, each where the changes that may concern it lead to.
#[derive(Debug, Default)]
struct Index {
    /// Those that ask for certain values of a property, by property and value.
    by_value: BTreeMap<usize, BTreeMap<Scalar<'static>, BTreeSet<u64>>>,
    /// Those that may be concerned by any change.
    scanned: BTreeSet<u64>,
}

impl Groups {
    pub(super) fn new(resources: usize, max_scanned: usize) -> Self {
        Self {
            by_id: HashMap::new(),
            by_conditions: HashMap::new(),
            indexes: (0..resources).map(|_| Index::default()).collect(),
            max_scanned,
            next: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Takes in a subscription behind commit `position`; gives its group and its own number.
    pub(super) fn join(
        &mut self,
        interest: &Arc<Interest>,
        outlet: &Arc<Outlet>,
        position: u64,
    ) -> Result<(u64, u64)> {
        let conditions = (interest.resource, interest.canonical());
        let group = if let Some(&group) = self.by_conditions.get(&conditions) {
            group
        } else {
            let id = self.number();
            self.indexes[interest.resource].add(id, interest, self.max_scanned)?;
            self.by_conditions.insert(conditions, id);
            self.by_id.insert(id, Group::new(interest.clone()));
            id
        };
        let id = self.number();
        if let Some(group) = self.by_id.get_mut(&group) {
            group.join(id, outlet.clone(), position);
        }
        Ok((group, id))
    }

    pub(super) fn leave(&mut self, group: u64, id: u64) {
        let Some(of) = self.by_id.get_mut(&group) else {
            return;
        };
        of.leave(id);
        if !of.is_empty() {
            return;
        }
        if let Some(Group { interest, .. }) = self.by_id.remove(&group) {
            self.indexes[interest.resource].remove(group, &interest);
            let conditions = (interest.resource, interest.canonical());
            self.by_conditions.remove(&conditions);
        }
    }

    /// Lets everyone know of a commit whom it concerns.
    pub(super) fn take(&mut self, committed: &Committed, most: usize, wakers: &mut Vec<Waker>) {
        for id in self.concerned(committed) {
            let Some(group) = self.by_id.get_mut(&id) else {
                continue;
            };
            let notices = group.interest.judge(committed);
            if !notices.is_empty() {
                group.hit(committed.seq, notices, most, wakers);
            }
        }
    }

    /// Lets everyone know of an event that is in no commit.
    pub(super) fn broadcast(&self, event: &Arc<Emitted>, wakers: &mut Vec<Waker>) {
        let mut concerned = BTreeSet::new();
        self.indexes[event.resource].concerned(&event.record, &mut concerned);
        let groups = concerned.iter().filter_map(|id| self.by_id.get(id));
        for group in groups.filter(|group| group.interest.has(Some(&event.record))) {
            group.broadcast(event, wakers);
        }
    }

    /// Lets everyone know that commits are missing.
    pub(super) fn miss(&mut self, most: usize, wakers: &mut Vec<Waker>) {
        for group in self.by_id.values_mut() {
            group.miss(most, wakers);
        }
    }

    pub(super) fn group(&mut self, group: u64) -> Option<&mut Group> {
        self.by_id.get_mut(&group)
    }

    /// The groups that a commit may concern, each once.
    fn concerned(&self, committed: &Committed) -> BTreeSet<u64> {
        let mut concerned = BTreeSet::new();
        for change in &committed.changes {
            let index = &self.indexes[change.resource];
            change
                .images()
                .for_each(|it| index.concerned(it, &mut concerned));
        }
        for event in &committed.emitted {
            self.indexes[event.resource].concerned(&event.record, &mut concerned);
        }
        concerned
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Index {
    fn add(&mut self, group: u64, interest: &Interest, max_scanned: usize) -> Result<()> {
        let Some(values) = interest.wanted().values() else {
            if self.scanned.len() == max_scanned {
                let what = "conditions of subscriptions that ask for no value of a property";
                return Err(too_many(what, "max_scanned_groups", max_scanned));
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

    fn remove(&mut self, group: u64, interest: &Interest) {
        self.scanned.remove(&group);
        for (property, value) in interest.wanted().values().into_iter().flatten() {
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

    /// Adds the groups that may want a record such as this.
    fn concerned(&self, record: &Record, concerned: &mut BTreeSet<u64>) {
        concerned.extend(&self.scanned);
        for (&property, values) in &self.by_value {
            let value = Scalar::read(record.value(property));
            concerned.extend(values.get(&value).into_iter().flatten());
        }
    }
}
