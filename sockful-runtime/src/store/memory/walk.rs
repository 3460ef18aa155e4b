//! Ways into the indexes: to few candidates, or along the order of a list.

use super::index::PropertyIndex;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::{By, Query, QueryFilter, QueryOrder};
use crate::store::plan::{Interval, Values, common};
use std::ops::Bound;
use std::sync::Arc;

/// An index that knows more of a filter than that all records may meet it.
#[derive(Debug)]
pub(super) struct CandidateIndex<'a> {
    index: &'a PropertyIndex,
    values: Values,
}

impl<'a> CandidateIndex<'a> {
    /// All leads of a filter, those to single values first.
    pub(super) fn all(indexes: &'a [PropertyIndex], filter: &QueryFilter) -> Vec<Self> {
        let leads = indexes.iter().map(|index| Self {
            index,
            values: Values::of(index.property, filter),
        });
        let mut leads: Vec<_> = leads.filter(|lead| lead.values.is_narrow).collect();
        leads.sort_by_key(|lead| (!lead.values.are_points(), lead.values.intervals.len()));
        leads
    }

    /// The records that it leads to, in the order of its values.
    pub(super) fn records(&self) -> impl Iterator<Item = &'a Arc<Record>> {
        let intervals = self.values.intervals.iter();
        intervals.flat_map(|interval| self.index.within(interval))
    }
}

type RecordIter<'a> = Box<dyn Iterator<Item = &'a Arc<Record>> + 'a>;

/// The records in the order of the query from its cursor on, where an index stands in that order.
pub(super) fn walk<'a>(
    indexes: &'a [PropertyIndex],
    leads: &[CandidateIndex<'a>],
    query: &Query,
) -> Option<RecordIter<'a>> {
    match *query.order.as_slice() {
        // Among records of one value the id decides.
        [] => leads
            .iter()
            .find_map(|lead| match lead.values.intervals.as_slice() {
                [(Bound::Included(value), _)] if lead.values.are_points() => {
                    let all = vec![lead.values.intervals[0].clone()];
                    Some(along(lead.index, all, query, Some(value)))
                }
                _ => None,
            }),
        [
            QueryOrder {
                by: By::Property(at),
                descending,
            },
        ] => {
            let index = indexes.iter().find(|index| index.property == at)?;
            let intervals = Values::of(at, &query.filter).intervals;
            let after = query.after.as_ref().and_then(|after| after.keys.first());
            if descending {
                Some(against(index, intervals, query, after))
            } else {
                Some(along(index, intervals, query, after))
            }
        }
        _ => None,
    }
}

/// Ascending, from the cursor at `value` on.
fn along<'a>(
    index: &'a PropertyIndex,
    intervals: Vec<Interval>,
    query: &Query,
    value: Option<&Scalar<'static>>,
) -> RecordIter<'a> {
    let after = query.after.as_ref().zip(value);
    let after = after.map(|(after, value)| (value.clone(), after.id.clone()));
    Box::new(
        intervals
            .into_iter()
            .flat_map(move |interval| -> RecordIter<'a> {
                match &after {
                    None => Box::new(index.within(&interval)),
                    Some((value, id)) => Box::new(index.within_behind(&interval, value, id)),
                }
            }),
    )
}

/// Descending, from the cursor at `value` on; ids ascend among equals all the same.
fn against<'a>(
    index: &'a PropertyIndex,
    intervals: Vec<Interval>,
    query: &Query,
    value: Option<&Scalar<'static>>,
) -> RecordIter<'a> {
    let intervals = intervals.into_iter().rev();
    let Some((after, value)) = query.after.as_ref().zip(value) else {
        return Box::new(intervals.flat_map(|interval| index.within_descending(interval)));
    };
    let here = (
        Bound::Included(value.clone()),
        Bound::Included(value.clone()),
    );
    let below = (Bound::Unbounded, Bound::Excluded(value.clone()));
    let is_here = intervals
        .clone()
        .any(|interval| common(&interval, &here).is_some());
    let rest = is_here.then(|| index.within_behind(&here, value, &after.id));
    let lower = intervals.filter_map(move |interval| common(&interval, &below));
    let lower = lower.flat_map(|interval| index.within_descending(interval));
    Box::new(rest.into_iter().flatten().chain(lower))
}
