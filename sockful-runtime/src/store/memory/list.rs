//! The records of one resource in the order of their ids, and how they are searched.

use super::by_id::ById;
use super::index::PropertyIndex;
use super::top::Top;
use super::walk::{CandidateIndex, walk};
use crate::core::error::Result;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::{By, Query, QueryFilter};
use crate::store::visits::Visits;
use crate::store::{Counted, Found};
use imbl::OrdSet;
use std::ops::Bound;
use std::sync::Arc;

/// Records in the order of their ids and of what is indexed. A clone is a snapshot and costs next to nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    records: OrdSet<ById>,
    indexes: Vec<PropertyIndex>,
}

/// A search of a list.
struct ListSearch<'q> {
    query: &'q Query,
    visits: Visits,
}

impl List {
    pub(super) fn new(definition: &ResourceDef) -> Self {
        let properties = definition.properties.iter().enumerate();
        let indexed = properties.filter(|(_, property)| property.is_indexed());
        Self {
            records: OrdSet::new(),
            indexes: indexed.map(|(at, _)| PropertyIndex::new(at)).collect(),
        }
    }

    /// Puts a record in, and hands back the one that had its id.
    pub(super) fn put(&mut self, record: &Arc<Record>) -> Option<Arc<Record>> {
        let before = self.records.insert(ById(Arc::clone(record)));
        let before = before.map(|ById(before)| before);
        for index in &mut self.indexes {
            index.replace(before.as_ref(), Some(record));
        }
        before
    }

    pub(super) fn delete(&mut self, id: &str) -> Option<Arc<Record>> {
        let ById(before) = self.records.remove(id)?;
        for index in &mut self.indexes {
            index.replace(Some(&before), None);
        }
        Some(before)
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The records that have this value of an indexed property, in the order of their ids.
    pub(super) fn holders(
        &self,
        property: usize,
        value: &Scalar<'static>,
    ) -> impl Iterator<Item = &Arc<Record>> {
        let index = self.indexes.iter().find(|index| index.property == property);
        index.into_iter().flat_map(|index| index.holders(value))
    }

    /// The first `limit` of the records that have this value of an indexed property and meet the
    /// conditions.
    pub(super) fn related(
        &self,
        property: usize,
        value: &Scalar<'static>,
        filter: &QueryFilter,
        limit: usize,
        visits: &Visits,
    ) -> Result<Found> {
        let before = visits.made();
        let holders = visits.taken(self.holders(property, value));
        let mut meeting = holders.filter(|record| filter.matches(record));
        let records: Vec<_> = meeting.by_ref().take(limit).cloned().collect();
        let more = meeting.next().is_some();
        visits.check()?;
        Ok(Found {
            records,
            more,
            visited: visits.made() - before,
        })
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<Record>> {
        self.records.get(id).map(|ById(record)| record)
    }

    /// How many records meet the conditions.
    ///
    /// # Errors
    ///
    /// Where more than `max_visited` are to be looked at.
    pub(super) fn count(&self, filter: &QueryFilter, max_visited: usize) -> Result<Counted> {
        if *filter == QueryFilter::All {
            let count = self.records.len();
            return Ok(Counted { count, visited: 0 });
        }
        let visits = Visits::new(max_visited);
        let matches = |record: &&Arc<Record>| filter.matches(record);
        let count = if let Some(lead) = CandidateIndex::all(&self.indexes, filter).first() {
            visits.taken(lead.records()).filter(matches).count()
        } else {
            let all = self.records.iter().map(|ById(record)| record);
            visits.taken(all).filter(matches).count()
        };
        visits.check()?;
        let visited = visits.made();
        Ok(Counted { count, visited })
    }

    /// The records that a query asks for.
    ///
    /// # Errors
    ///
    /// Where more than `max_visited` are to be looked at.
    pub(super) fn find(&self, query: &Query, max_visited: usize) -> Result<Found> {
        let search = ListSearch {
            query,
            visits: Visits::new(max_visited),
        };
        let mut found = self.search(&search);
        search.visits.check()?;
        found.visited = search.visits.made();
        Ok(found)
    }

    fn search(&self, search: &ListSearch<'_>) -> Found {
        let query = search.query;
        if query.limit == 0 {
            return search.cut(std::iter::empty());
        }
        // As many as are worth to be sorted where another way might find them in their order.
        let wanted = query.skip.saturating_add(query.limit);
        let few = wanted.saturating_mul(4);
        let leads = CandidateIndex::all(&self.indexes, &query.filter);
        if let Some(records) = search.fewest(&leads, few) {
            return search.sort(records.into_iter());
        }
        if let Some(records) = walk(&self.indexes, &leads, query) {
            return search.page(search.taken(records));
        }
        // The id decides alone where it comes first, and the table stands in its order already.
        match query.order.first() {
            None => search.page(search.taken(self.scan(query, false))),
            Some(first) if first.by == By::Id => {
                search.page(search.taken(self.scan(query, first.descending)))
            }
            Some(_) => match leads.first() {
                Some(lead) => search.sort(search.taken(lead.records())),
                None => search.sort(search.taken(self.records.iter().map(|ById(it)| it))),
            },
        }
    }

    /// The records from the cursor on.
    fn scan<'a>(
        &'a self,
        query: &Query,
        descending: bool,
    ) -> Box<dyn Iterator<Item = &'a Arc<Record>> + 'a> {
        let edge = query
            .after
            .as_ref()
            .map_or(Bound::Unbounded, |after| Bound::Excluded(&*after.id));
        let record = |ById(record): &'a ById| record;
        if descending {
            let records = self.records.range::<_, str>((Bound::Unbounded, edge));
            Box::new(records.rev().map(record))
        } else {
            let records = self.records.range::<_, str>((edge, Bound::Unbounded));
            Box::new(records.map(record))
        }
    }
}

impl ListSearch<'_> {
    fn taken<'a>(
        &self,
        records: impl Iterator<Item = &'a Arc<Record>>,
    ) -> impl Iterator<Item = &'a Arc<Record>> {
        self.visits.taken(records)
    }

    /// The records of the lead that leads to the fewest, where there are no more than `few`.
    ///
    /// All leads are followed in step, so that a long one costs no more than the shortest.
    fn fewest<'a>(&self, leads: &[CandidateIndex<'a>], few: usize) -> Option<Vec<&'a Arc<Record>>> {
        let records = leads.iter().map(|lead| self.taken(lead.records()));
        let mut followed: Vec<_> = records.map(|records| (records, Vec::new())).collect();
        let mut steps = 0;
        while steps <= few && !followed.is_empty() {
            for (records, taken) in &mut followed {
                match records.next() {
                    Some(record) => taken.push(record),
                    None => return Some(std::mem::take(taken)),
                }
            }
            steps += 1;
        }
        None
    }

    fn matches(&self, record: &Record) -> bool {
        self.query.filter.matches(record)
    }

    /// The page out of records that stand in its order.
    fn page<'a>(&self, records: impl Iterator<Item = &'a Arc<Record>>) -> Found {
        self.cut(records.filter(|record| self.matches(record)))
    }

    /// The page out of records in any order: reads them all, and keeps the first of its own.
    fn sort<'a>(&self, records: impl Iterator<Item = &'a Arc<Record>>) -> Found {
        let query = self.query;
        let mut top = Top::new(
            &query.order,
            query.skip.saturating_add(query.limit).saturating_add(1),
        );
        let is_behind = |record: &Record| match &query.after {
            Some(after) => after.compare(&query.order, record).is_gt(),
            None => true,
        };
        for record in records {
            if self.matches(record) && is_behind(record) {
                top.offer(record);
            }
        }
        self.cut(top.finish())
    }

    fn cut<'a>(&self, matching: impl Iterator<Item = &'a Arc<Record>>) -> Found {
        let mut matching = matching.skip(self.query.skip);
        let records: Vec<_> = matching.by_ref().take(self.query.limit).cloned().collect();
        let more = self.query.limit > 0 && matching.next().is_some();
        Found {
            records,
            more,
            visited: 0,
        }
    }
}
