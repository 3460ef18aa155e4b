//! Searches of one table: `SQLite` finds the way to the records, and what they are asked for is judged
//! by the code that judges them in memory.

use crate::core::error::Result;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::{By, Cursor, Query, QueryFilter, QueryOrder};
use crate::store::plan::Values;
use crate::store::sqlite::tables::source::RecordSource;
use crate::store::sqlite::tables::table::SqliteTable;
use crate::store::visits::Visits;
use crate::store::{Counted, Found};
use rusqlite::Connection;
use std::ops::Bound;
use std::sync::Arc;

/// A view of one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableSearch<'a> {
    pub(crate) table: &'a SqliteTable,
    pub(crate) connection: &'a Connection,
    pub(crate) max_visited: usize,
}

/// The records that a filter leaves by what it says of one indexed property.
struct NarrowedProperty {
    property: usize,
    values: Values,
}

impl TableSearch<'_> {
    /// How many records meet the conditions.
    pub(crate) fn count(&self, filter: &QueryFilter) -> Result<Counted> {
        if *filter == QueryFilter::All {
            let count = self.table.count(self.connection, &EVERYTHING, usize::MAX)?;
            return Ok(Counted { count, visited: 0 });
        }
        let visits = Visits::new(self.max_visited);
        let sources = match self.leads(filter).first() {
            Some(lead) => lead.sources(false, None),
            None => vec![EVERYTHING],
        };
        let mut count = 0;
        self.each(&sources, &visits, |record| {
            count += usize::from(filter.matches(&record));
            true
        })?;
        let visited = visits.made();
        Ok(Counted { count, visited })
    }

    /// The records that a query asks for.
    pub(crate) fn find(&self, query: &Query) -> Result<Found> {
        let visits = Visits::new(self.max_visited);
        let mut found = self.page(query, &visits)?;
        found.visited = visits.made();
        Ok(found)
    }

    fn page(&self, query: &Query, visits: &Visits) -> Result<Found> {
        if query.limit == 0 {
            return Ok(cut(Vec::new(), query));
        }
        let leads = self.leads(&query.filter);
        // As many as are worth to be sorted where another way might find them in their order.
        let few = query.skip.saturating_add(query.limit).saturating_mul(4);
        for lead in &leads {
            if self.has_at_most(lead, few)? {
                return self.sorted(&lead.sources(false, None), query, visits);
            }
        }
        match self.ordered(&leads, query) {
            Some(sources) => self.in_order(&sources, query, visits),
            None => match leads.first() {
                Some(lead) => self.sorted(&lead.sources(false, None), query, visits),
                None => self.sorted(&[EVERYTHING], query, visits),
            },
        }
    }

    /// For a value of an indexed property the first `limit` records that have it and meet the conditions.
    pub(crate) fn related(
        &self,
        property: usize,
        value: &Scalar<'static>,
        filter: &QueryFilter,
        limit: usize,
        visits: &Visits,
    ) -> Result<Found> {
        let before = visits.made();
        let query = Query {
            filter: filter.clone(),
            order: Vec::new(),
            limit,
            skip: 0,
            after: None,
        };
        let mut found = self.in_order(&[holders(property, value)], &query, visits)?;
        found.visited = visits.made() - before;
        Ok(found)
    }

    /// All leads of a filter, those to single values first.
    fn leads(&self, filter: &QueryFilter) -> Vec<NarrowedProperty> {
        let leads = self.table.indexed.iter().map(|&property| NarrowedProperty {
            property,
            values: Values::of(property, filter),
        });
        let mut leads: Vec<_> = leads.filter(|lead| lead.values.is_narrow).collect();
        leads.sort_by_key(|lead| (!lead.values.are_points(), lead.values.intervals.len()));
        leads
    }

    fn has_at_most(&self, lead: &NarrowedProperty, few: usize) -> Result<bool> {
        let few = few.min(self.max_visited);
        let mut left = few.saturating_add(1);
        for source in lead.sources(false, None) {
            left -= self.table.count(self.connection, &source, left)?;
            if left == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sources that have the records in the order of the query, from its cursor on, where an index
    /// stands in that order.
    fn ordered<'q>(
        &self,
        leads: &[NarrowedProperty],
        query: &'q Query,
    ) -> Option<Vec<RecordSource<'q>>> {
        let after = query.after.as_ref();
        let id = after.map(|after| &*after.id);
        match *query.order.as_slice() {
            [] => {
                // Among records of one value the id decides.
                let single = leads.iter().find_map(|lead| Some((lead, lead.single()?)));
                Some(vec![match single {
                    Some((lead, value)) => holders_behind(lead.property, value, id),
                    None => RecordSource::All {
                        descending: false,
                        after: id,
                    },
                }])
            }
            [
                QueryOrder {
                    by: By::Id,
                    descending,
                },
                ..,
            ] => Some(vec![RecordSource::All {
                descending,
                after: id,
            }]),
            [
                QueryOrder {
                    by: By::Property(at),
                    descending,
                },
            ] if self.table.indexed.contains(&at) => {
                let lead = NarrowedProperty {
                    property: at,
                    values: Values::of(at, &query.filter),
                };
                Some(lead.sources(descending, after))
            }
            _ => None,
        }
    }

    /// The page out of records that stand in its order.
    fn in_order(
        &self,
        sources: &[RecordSource<'_>],
        query: &Query,
        visits: &Visits,
    ) -> Result<Found> {
        let enough = enough(query);
        let mut matching = Vec::new();
        self.each(sources, visits, |record| {
            if query.filter.matches(&record) {
                matching.push(record);
            }
            matching.len() < enough
        })?;
        Ok(cut(matching, query))
    }

    /// The page out of records in any order: looks at them all, and keeps the first of its own.
    fn sorted(
        &self,
        sources: &[RecordSource<'_>],
        query: &Query,
        visits: &Visits,
    ) -> Result<Found> {
        let enough = enough(query);
        let is_behind = |record: &Record| match &query.after {
            Some(after) => after.compare(&query.order, record).is_gt(),
            None => true,
        };
        let mut matching = Vec::new();
        let first = |matching: &mut Vec<Arc<Record>>| {
            QueryOrder::sort(&query.order, matching);
            matching.truncate(enough);
        };
        self.each(sources, visits, |record| {
            if query.filter.matches(&record) && is_behind(&record) {
                matching.push(record);
                if matching.len() >= enough.saturating_mul(2).max(1_000) {
                    first(&mut matching);
                }
            }
            true
        })?;
        first(&mut matching);
        Ok(cut(matching, query))
    }

    /// Hands over the records of these sources, each counted, until `take` says that it is enough.
    fn each(
        &self,
        sources: &[RecordSource<'_>],
        visits: &Visits,
        mut take: impl FnMut(Arc<Record>) -> bool,
    ) -> Result<()> {
        let mut goes_on = true;
        for source in sources {
            self.table.each(self.connection, source, |record| {
                goes_on = visits.visit() && take(record);
                goes_on
            })?;
            if !goes_on {
                break;
            }
        }
        visits.check()
    }
}

pub(crate) const EVERYTHING: RecordSource<'static> = RecordSource::All {
    descending: false,
    after: None,
};

impl NarrowedProperty {
    /// Where the records come from, in the order of the values.
    fn sources<'q>(&self, descending: bool, after: Option<&'q Cursor>) -> Vec<RecordSource<'q>> {
        let after = after.and_then(|after| Some((after.keys.first()?.clone(), &*after.id)));
        let intervals = self.values.intervals.iter().cloned();
        let sources = intervals.map(|interval| RecordSource::Within {
            property: self.property,
            interval,
            descending,
            after: after.clone(),
        });
        let mut sources: Vec<_> = sources.collect();
        if descending {
            sources.reverse();
        }
        sources
    }

    /// The only value that it leads to.
    fn single(&self) -> Option<&Scalar<'static>> {
        match self.values.intervals.as_slice() {
            [(Bound::Included(value), _)] if self.values.are_points() => Some(value),
            _ => None,
        }
    }
}

/// The records that have this value.
pub(crate) fn holders(property: usize, value: &Scalar<'static>) -> RecordSource<'static> {
    holders_behind(property, value, None)
}

/// Those of them that come behind this id.
fn holders_behind<'q>(
    property: usize,
    value: &Scalar<'static>,
    id: Option<&'q str>,
) -> RecordSource<'q> {
    let bound = || Bound::Included(value.clone());
    RecordSource::Within {
        property,
        interval: (bound(), bound()),
        descending: false,
        after: id.map(|id| (value.clone(), id)),
    }
}

/// How many matching records a page needs, with the one that tells that there are more.
fn enough(query: &Query) -> usize {
    query.skip.saturating_add(query.limit).saturating_add(1)
}

fn cut(matching: Vec<Arc<Record>>, query: &Query) -> Found {
    let mut matching = matching.into_iter().skip(query.skip);
    let records = matching.by_ref().take(query.limit).collect();
    let more = query.limit > 0 && matching.next().is_some();
    Found {
        records,
        more,
        visited: 0,
    }
}
