//! Conditions over relations: the same plan and the same order of look-ups in every store.
//!
//! The search of the related records is a part of the search of the records themselves: both count
//! towards the same limits, and are charged while they run.

use super::{FIRST_BOUND, SWITCH_FACTOR, Search, SearchTable};
use crate::core::error::{Error, Result};
use crate::model::definition::KeyForm;
use crate::model::key;
use crate::model::scalar::Scalar;
use crate::query::{Fields, Matcher, QueryFilter, RelatedFilter};
use crate::store::plan::{Candidates, EVERYTHING, holders};
use crate::store::search::Row;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of values that a condition over a relation is replaced by.
const MAX_LINKS: usize = 1_000;
/// The maximum number of values of which a search remembers whether a related record matches.
const MAX_REMEMBERED: usize = 100_000;

/// A cache of the related records that a search has looked up.
#[derive(Debug, Default)]
pub(super) struct LinkCache {
    /// The number of conditions that are looked up.
    conditions: Cell<usize>,
    /// By the condition and the value: whether a related record matches.
    known: RefCell<BTreeMap<(usize, Scalar<'static>), bool>>,
}

impl LinkCache {
    /// Returns the number of another condition.
    fn next(&self) -> usize {
        self.conditions.set(self.conditions.get() + 1);
        self.conditions.get()
    }

    fn known(&self, key: &(usize, Scalar<'static>)) -> Option<bool> {
        self.known.borrow().get(key).copied()
    }

    fn remember(&self, key: (usize, Scalar<'static>), is_met: bool) {
        let mut known = self.known.borrow_mut();
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(key, is_met);
    }
}

impl<T: SearchTable> Search<'_, T> {
    /// Returns a filter with the same meaning whose conditions over relations are, as far as possible,
    /// replaced by conditions on the values that link the records: the related records are read first
    /// if an index finds them and they have few such values. The others are looked up for each record
    /// that meets all other conditions.
    pub(super) fn resolved(&self, filter: &QueryFilter) -> Result<QueryFilter> {
        self.resolve(filter, filter)
    }

    fn resolve(&self, filter: &QueryFilter, whole: &QueryFilter) -> Result<QueryFilter> {
        let each = |filters: &[QueryFilter]| {
            let filters = filters.iter().map(|filter| self.resolve(filter, whole));
            let mut filters = filters.collect::<Result<Vec<_>>>()?;
            // A look-up takes longer than the other conditions together.
            filters.sort_by_key(QueryFilter::has_relations);
            Ok::<_, Error>(filters)
        };
        Ok(match filter {
            QueryFilter::And(filters) => QueryFilter::And(each(filters)?),
            QueryFilter::Or(filters) => QueryFilter::Or(each(filters)?),
            QueryFilter::Not(filter) => self.resolve(filter, whole)?.negated(),
            QueryFilter::Related(related) => self.resolve_related(related, whole)?,
            plain => plain.clone(),
        })
    }

    fn resolve_related(&self, related: &RelatedFilter, whole: &QueryFilter) -> Result<QueryFilter> {
        let table = self.table.other(related.resource)?;
        let inner = self.of(&table);
        let filter = inner.resolved(&related.filter)?;
        if let Some(values) = self.links(&inner, related.link, &filter, whole)? {
            return Ok(QueryFilter::one_of(related.property, values));
        }
        let mut related = related.with(filter);
        related.number = self.state.links.next();
        Ok(QueryFilter::Related(Box::new(related)))
    }

    /// Returns the values of `link` of the related records that match, if it is better to read these
    /// first than to look them up.
    fn links(
        &self,
        inner: &Search<'_, T>,
        link: usize,
        filter: &QueryFilter,
        whole: &QueryFilter,
    ) -> Result<Option<Vec<Scalar<'static>>>> {
        let mut ways = inner.ways(filter)?;
        let is_by_id = link == inner.table.definition().id;
        let way = match inner.smallest(&ways, MAX_LINKS)? {
            Some(at) => {
                let way = ways.swap_remove(at);
                // To look up a parent is to read one record.
                if is_by_id && self.has_fewer(whole, inner, &way)? {
                    return Ok(None);
                }
                way
            }
            // The candidates are many, but may have few values.
            None => match inner.pick(ways)? {
                Some(way) if !self.has_fewer(whole, inner, &way)? => way,
                _ => return Ok(None),
            },
        };
        let matcher = Matcher::new(filter);
        let (before, half) = (self.visits.made(), self.visits.left() / 2);
        let (mut values, is_over) = (BTreeSet::new(), Cell::new(false));
        inner.each_candidate(
            Some(&way),
            &mut |row| {
                if self.visits.made() - before >= half {
                    is_over.set(true);
                    return Ok(false);
                }
                inner.visit(row)?;
                Ok(true)
            },
            &mut |row| {
                if inner.matches(&matcher, row)? {
                    let value = row.scalar(link);
                    if !value.is_null() {
                        values.insert(value.into_owned());
                    }
                }
                is_over.set(values.len() > MAX_LINKS);
                Ok(!is_over.get())
            },
        )?;
        Ok((!is_over.get()).then(|| values.into_iter().collect()))
    }

    /// Returns whether fewer records of this table than of `way` may match `whole`, or the candidates
    /// of `way` cannot be counted.
    fn has_fewer(
        &self,
        whole: &QueryFilter,
        inner: &Search<'_, T>,
        way: &Candidates,
    ) -> Result<bool> {
        let Some(count) = inner.count_below(way, self.visits.max())? else {
            return Ok(true);
        };
        let ways = self.ways(whole)?;
        if self.smallest(&ways, count)?.is_some() {
            return Ok(true);
        }
        let few = count.saturating_add(1);
        Ok(ways.is_empty() && self.count_source(&EVERYTHING, few)?.is_some())
    }

    /// Returns whether a record matches if related records decide that, and the cost of the evaluation.
    pub(super) fn matches_related(
        &self,
        matcher: &Matcher<'_>,
        row: &dyn Row,
    ) -> Result<(bool, usize)> {
        let joined = JoinedRow {
            row,
            search: self,
            failed: RefCell::default(),
        };
        let result = matcher.matches(&joined);
        match joined.failed.into_inner() {
            Some(error) => Err(error),
            None => Ok(result),
        }
    }

    /// Returns whether a record related to the one of `row` matches.
    fn is_met(&self, related: &RelatedFilter, row: &dyn Row) -> Result<bool> {
        let value = row.scalar(related.property);
        if value.is_null() {
            return Ok(false);
        }
        let key = (related.number, value.into_owned());
        if let Some(is_met) = self.state.links.known(&key) {
            return Ok(is_met);
        }
        let table = self.table.other(related.resource)?;
        let is_met = self.of(&table).has(related, &key.1)?;
        self.state.links.remember(key, is_met);
        Ok(is_met)
    }

    /// Returns whether a record of this table has this value and matches.
    fn has(&self, related: &RelatedFilter, value: &Scalar<'static>) -> Result<bool> {
        let (filter, definition) = (&related.filter, self.table.definition());
        let (matcher, mut found) = (Matcher::new(filter), false);
        if related.link == definition.id {
            let Some(id) = key::of_value(value, definition.key) else {
                return Ok(false);
            };
            self.visits.note_entries(0)?;
            self.table.row_of(&id, &mut |row| {
                self.visit(row)?;
                found = self.matches(&matcher, row)?;
                Ok(false)
            })?;
            return Ok(found);
        }
        let (mut read, mut threshold, mut instead) = (0, FIRST_BOUND, None);
        self.each(&[holders(related.link, value)], &mut |row| {
            self.visit(row)?;
            read += 1;
            found = self.matches(&matcher, row)?;
            if !found && read >= threshold {
                let mut ways = self.ways(filter)?;
                let smallest = self.smallest(&ways, read)?;
                instead = smallest.map(|at| ways.swap_remove(at));
                threshold = threshold.saturating_mul(SWITCH_FACTOR);
            }
            Ok(!found && instead.is_none())
        })?;
        if let Some(way) = instead {
            let mut visit = |row: &dyn Row| self.visit(row).map(|()| true);
            self.each_candidate(Some(&way), &mut visit, &mut |row| {
                found = row.scalar(related.link) == *value && self.matches(&matcher, row)?;
                Ok(!found)
            })?;
        }
        Ok(found)
    }
}

/// A record and the tables of its related records.
struct JoinedRow<'r, 's, T> {
    row: &'r dyn Row,
    search: &'r Search<'s, T>,
    /// The error of a look-up, after which nothing is looked up.
    failed: RefCell<Option<Error>>,
}

impl<T: SearchTable> Fields for JoinedRow<'_, '_, T> {
    fn id(&self) -> &str {
        self.row.id()
    }

    fn json(&self, position: usize) -> &str {
        self.row.json(position)
    }

    fn key_form(&self, position: usize) -> KeyForm {
        self.row.key_form(position)
    }

    fn related(&self, related: &RelatedFilter) -> bool {
        if self.failed.borrow().is_some() {
            return false;
        }
        self.search
            .is_met(related, self.row)
            .unwrap_or_else(|error| {
                *self.failed.borrow_mut() = Some(error);
                false
            })
    }
}
