//! The records of one resource in the order of their ids, and searches of them.

use super::by_id::ById;
use super::index::PropertyIndex;
use crate::core::error::{Error, Result};
use crate::model::definition::{KeyForm, ResourceDef};
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::Fields;
use crate::store::plan::{RecordSource, common, point};
use crate::store::search::{Holders, IndexedRecord, Row, SearchTable, TakeRow};
use imbl::OrdSet;
use std::ops::Bound;
use std::sync::Arc;

/// Records in the order of their ids, and their indexes. A clone is a snapshot and very cheap.
#[derive(Clone, Debug)]
pub(super) struct List {
    definition: &'static ResourceDef,
    records: OrdSet<ById>,
    indexes: Vec<PropertyIndex>,
    /// The indexed properties.
    indexed: Arc<[usize]>,
}

impl List {
    pub(super) fn new(definition: &'static ResourceDef) -> Self {
        let properties = definition.properties.iter().enumerate();
        let indexed = properties.filter(|(_, property)| property.is_indexed());
        let indexed: Arc<[usize]> = indexed.map(|(at, _)| at).collect();
        Self {
            definition,
            records: OrdSet::new(),
            indexes: indexed.iter().map(|&at| PropertyIndex::new(at)).collect(),
            indexed,
        }
    }

    /// Inserts a record, and returns the previous one with its id.
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

    /// Returns the records that have this value of an indexed property, in the order of their ids.
    pub(super) fn holders(
        &self,
        property: usize,
        value: &Scalar<'static>,
    ) -> impl Iterator<Item = &Arc<Record>> {
        let index = self.indexes.iter().find(|index| index.property == property);
        index.into_iter().flat_map(|index| index.holders(value))
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<Record>> {
        self.records.get(id).map(|ById(record)| record)
    }

    /// Returns the records from the cursor on.
    fn scan(&self, descending: bool, after: Option<&str>) -> RecordIter<'_> {
        fn record(ById(record): &ById) -> &Arc<Record> {
            record
        }
        let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
        if descending {
            let records = self.records.range::<_, str>((Bound::Unbounded, edge));
            Box::new(records.rev().map(record))
        } else {
            let records = self.records.range::<_, str>((edge, Bound::Unbounded));
            Box::new(records.map(record))
        }
    }

    fn index(&self, property: usize) -> Result<&PropertyIndex> {
        let missing = || Error::internal("the property has no index");
        let index = self.indexes.iter().find(|index| index.property == property);
        index.ok_or_else(missing)
    }

    fn records(&self, source: &RecordSource<'_>) -> Result<RecordIter<'_>> {
        let (property, interval, descending, after) = match source {
            RecordSource::All { descending, after } => return Ok(self.scan(*descending, *after)),
            RecordSource::One { id } => return Ok(Box::new(self.get(id).into_iter())),
            RecordSource::Within {
                property,
                interval,
                descending,
                after,
            } => (*property, interval, *descending, after),
        };
        let index = self.index(property)?;
        Ok(match (after, descending) {
            (None, false) => Box::new(index.within(interval)),
            (None, true) => Box::new(index.within_descending(interval.clone())),
            (Some((value, id)), false) => Box::new(index.within_behind(interval, value, id)),
            (Some((value, id)), true) => {
                // Ids ascend among equal values in both directions.
                let here = common(interval, &point(value));
                let here = here.map(|here| index.within_behind(&here, value, id));
                let below = (Bound::Unbounded, Bound::Excluded(value.clone()));
                let below = common(interval, &below);
                let below = below.map(|below| index.within_descending(below));
                Box::new(
                    here.into_iter()
                        .flatten()
                        .chain(below.into_iter().flatten()),
                )
            }
        })
    }
}

type RecordIter<'a> = Box<dyn Iterator<Item = &'a Arc<Record>> + 'a>;

/// The lists that a search reads, at one commit.
#[derive(Clone, Debug)]
pub(super) struct Lists {
    /// The one that is searched.
    pub(super) list: List,
    /// Those of the related resources.
    pub(super) related: Vec<List>,
}

/// One of the lists that a search reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct SearchedList<'l> {
    list: &'l List,
    lists: &'l Lists,
}

impl Lists {
    /// Returns the list that is searched.
    pub(super) fn searched(&self) -> SearchedList<'_> {
        SearchedList {
            list: &self.list,
            lists: self,
        }
    }
}

impl SearchTable for SearchedList<'_> {
    type Entry = Arc<Record>;

    fn definition(&self) -> &'static ResourceDef {
        self.list.definition
    }

    fn other(&self, definition: &'static ResourceDef) -> Result<Self> {
        let is_it = |list: &&List| list.definition.name == definition.name;
        let mut lists = self.lists.related.iter().chain([&self.lists.list]);
        let list = lists.find(is_it);
        let missing = || Error::internal("the search has no list of this resource");
        Ok(Self {
            list: list.ok_or_else(missing)?,
            ..*self
        })
    }

    fn indexed(&self) -> &[usize] {
        &self.list.indexed
    }

    fn len(&self) -> Result<(usize, usize)> {
        Ok((self.list.records.len(), 0))
    }

    fn count(&self, source: &RecordSource<'_>, most: usize) -> Result<usize> {
        Ok(self.list.records(source)?.take(most).count())
    }

    fn each(&self, source: &RecordSource<'_>, take: &mut TakeRow<'_>) -> Result<()> {
        for record in self.list.records(source)? {
            if !take(record)? {
                break;
            }
        }
        Ok(())
    }

    fn entries(
        &self,
        holders: &Holders<'_>,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Arc<Record>>> {
        let index = self.list.index(holders.property)?;
        let records: RecordIter<'_> = match (after, holders.descending) {
            (None, false) => Box::new(index.holders(holders.value)),
            (Some(id), false) => {
                Box::new(index.within_behind(&point(holders.value), holders.value, id))
            }
            (before, true) => Box::new(index.holders_descending(holders.value, before)),
        };
        Ok(records.take(most).cloned().collect())
    }

    fn get(&self, id: &str) -> Result<Option<Arc<Record>>> {
        Ok(self.list.get(id).cloned())
    }

    fn row_of(&self, id: &str, take: &mut TakeRow<'_>) -> Result<bool> {
        self.list.get(id).map_or(Ok(true), |record| take(record))
    }

    fn row(&self, entry: &Arc<Record>, take: &mut TakeRow<'_>) -> Result<bool> {
        take(entry)
    }
}

impl IndexedRecord for Arc<Record> {
    fn id(&self) -> &str {
        Record::id(self)
    }
}

impl Fields for Arc<Record> {
    fn id(&self) -> &str {
        Record::id(self)
    }

    fn json(&self, position: usize) -> &str {
        self.value(position)
    }

    fn key_form(&self, position: usize) -> KeyForm {
        Record::key_form(self, position)
    }
}

impl Row for Arc<Record> {
    fn record(&self) -> Result<Arc<Record>> {
        Ok(Self::clone(self))
    }

    fn in_memory(&self) -> Option<Arc<Record>> {
        Some(Self::clone(self))
    }

    fn parsed(&self) -> usize {
        // The offsets of a record in memory are known already.
        0
    }
}
