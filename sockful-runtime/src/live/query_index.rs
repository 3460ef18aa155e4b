//! An index of the queries that a change may affect.

use super::evaluation::GroupQuery;
use super::live_query::LiveQuery;
use super::share::PassedShare;
use crate::core::caller_id::CallerId;
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// A filter counts as one unit, plus one for each of these bytes that it compares.
const BYTES_PER_UNIT: usize = 1024;

/// The `retry_after` of the error if the limit for scanned filters is reached.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The groups of one resource.
#[derive(Debug, Default)]
pub(super) struct QueryIndex {
    pub(super) groups: ValueIndex,
    /// How many units the groups with filters count, in total and for each caller.
    units: usize,
    units_by_caller: HashMap<CallerId, usize>,
}

impl QueryIndex {
    /// Adds a group. Returns how many units it counts against the caller that first subscribed.
    pub(super) fn add(&mut self, group: u64, of: &GroupQuery, max_scanned: usize) -> Result<usize> {
        // The values of a query with relations are not known yet, and its related records are watched.
        let has_relations = of.query.has_relations();
        let values = of.query.combined_filter().values();
        let mut units = 0;
        // A policy's filter belongs to the application and does not count against the caller.
        let counts = values.is_none() || of.query.filter.has_relations();
        if counts && !of.query.is_unconditional() {
            units = 1 + of.query.filter.weight() / BYTES_PER_UNIT;
            self.take(units, &of.asked_by, max_scanned)?;
        }
        if !has_relations {
            self.groups.add(group, values);
        }
        Ok(units)
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
    pub(super) fn pass_on(&mut self, PassedShare { units, from, to }: PassedShare) {
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
}

/// Queries of one resource, indexed by the values that they require.
#[derive(Debug, Default)]
pub(super) struct ValueIndex {
    /// Queries that require specific values of a property, by property and value.
    by_value: BTreeMap<usize, BTreeMap<Scalar<'static>, BTreeSet<u64>>>,
    /// Queries that any change may affect.
    scanned: BTreeSet<u64>,
}

impl ValueIndex {
    pub(super) fn add_query(&mut self, id: u64, query: &LiveQuery) {
        self.add(id, query.combined_filter().values());
    }

    /// Adds a query that requires one of these values, if any.
    pub(super) fn add(&mut self, id: u64, values: Option<Vec<(usize, Scalar<'static>)>>) {
        let Some(values) = values else {
            self.scanned.insert(id);
            return;
        };
        for (property, value) in values {
            let ids = self.by_value.entry(property).or_default();
            ids.entry(value).or_default().insert(id);
        }
    }

    pub(super) fn remove(&mut self, id: u64, query: &LiveQuery) {
        self.remove_values(id, query.combined_filter().values());
    }

    pub(super) fn remove_values(&mut self, id: u64, values: Option<Vec<(usize, Scalar<'static>)>>) {
        self.scanned.remove(&id);
        for (property, value) in values.into_iter().flatten() {
            let Some(of) = self.by_value.get_mut(&property) else {
                continue;
            };
            if let Some(ids) = of.get_mut(&value) {
                ids.remove(&id);
                if ids.is_empty() {
                    of.remove(&value);
                }
            }
            if of.is_empty() {
                self.by_value.remove(&property);
            }
        }
    }

    /// Adds the queries that may match `record`.
    pub(super) fn add_candidates(&self, record: &Record, candidates: &mut BTreeSet<u64>) {
        candidates.extend(&self.scanned);
        for (&property, values) in &self.by_value {
            let value = record.scalar(property);
            candidates.extend(values.get(&value).into_iter().flatten());
        }
    }
}
