//! The records of one resource in the order of their ids, and how they are searched.

use super::by_id::ById;
use super::top::Top;
use crate::query::{By, Filter, Order, Query};
use crate::record::Record;
use crate::store::Found;
use imbl::OrdSet;
use std::ops::Bound;
use std::sync::Arc;

/// Records in the order of their ids. A clone is a snapshot and costs next to nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    records: OrdSet<ById>,
}

impl List {
    /// Puts a record in, and hands back the one that had its id.
    pub(super) fn put(&mut self, record: Arc<Record>) -> Option<Arc<Record>> {
        self.records.insert(ById(record)).map(|ById(before)| before)
    }

    pub(super) fn delete(&mut self, id: &str) -> Option<Arc<Record>> {
        self.records.remove(id).map(|ById(before)| before)
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn count(&self, filter: &Filter) -> usize {
        match filter {
            Filter::All => self.records.len(),
            _ => self
                .records
                .iter()
                .filter(|ById(record)| filter.matches(record))
                .count(),
        }
    }

    pub(super) fn find(&self, query: &Query) -> Found {
        if query.limit == 0 {
            return Found {
                records: Vec::new(),
                more: false,
            };
        }
        // The id decides alone where it comes first, and the table stands in its order already.
        match query.order.first() {
            None => self.scan(query, false),
            Some(Order {
                by: By::Id,
                descending,
            }) => self.scan(query, *descending),
            Some(_) => self.sort(query),
        }
    }

    /// Reads from the cursor on until there is enough.
    fn scan(&self, query: &Query, descending: bool) -> Found {
        let edge = query
            .after
            .as_ref()
            .map_or(Bound::Unbounded, |after| Bound::Excluded(&*after.id));
        if descending {
            let records = self.records.range::<_, str>((Bound::Unbounded, edge)).rev();
            page(query, records)
        } else {
            page(
                query,
                self.records.range::<_, str>((edge, Bound::Unbounded)),
            )
        }
    }

    /// Reads everything, and keeps the first of the order.
    fn sort(&self, query: &Query) -> Found {
        let mut top = Top::new(
            &query.order,
            query.skip.saturating_add(query.limit).saturating_add(1),
        );
        let is_behind = |record: &Record| match &query.after {
            Some(after) => after.compare(&query.order, record).is_gt(),
            None => true,
        };
        for ById(record) in &self.records {
            if query.filter.matches(record) && is_behind(record) {
                top.offer(record);
            }
        }
        cut(query, top.finish())
    }
}

/// The page of a query out of records that stand in its order.
fn page<'a>(query: &Query, records: impl Iterator<Item = &'a ById>) -> Found {
    let matching = records
        .map(|ById(record)| record)
        .filter(|record| query.filter.matches(record));
    cut(query, matching)
}

fn cut<'a>(query: &Query, matching: impl Iterator<Item = &'a Arc<Record>>) -> Found {
    let mut matching = matching.skip(query.skip);
    let records: Vec<_> = matching.by_ref().take(query.limit).cloned().collect();
    Found {
        records,
        more: matching.next().is_some(),
    }
}
