//! Searches of one table in the file: `SQLite` finds the records, and the code shared by all stores
//! plans the search and evaluates the conditions.

use crate::core::error::{Error, Result};
use crate::model::definition::{KeyForm, ResourceDef};
use crate::model::record::{Record, StoredRecord};
use crate::model::scalar::Scalar;
use crate::query::{Fields, Query, QueryFilter};
use crate::store::plan::{EVERYTHING, RecordSource};
use crate::store::read_room::ReadRoom;
use crate::store::scan::RunningScan;
use crate::store::scan::visits::Visits;
use crate::store::search::{
    Holders, IndexedRecord, Row, Search, SearchState, SearchTable, TakeRow,
};
use crate::store::sqlite::tables::table::SqliteTable;
use crate::store::{Counted, Found, Several};
use rusqlite::Connection;
use std::sync::Arc;

/// A view of one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableSearch<'a> {
    pub(crate) table: &'a SqliteTable,
    /// The tables of all resources.
    pub(crate) tables: &'a [SqliteTable],
    pub(crate) connection: &'a Connection,
    pub(crate) max_visited: usize,
    pub(crate) scan: &'a RunningScan,
}

impl TableSearch<'_> {
    /// Returns the number of matching records.
    pub(crate) fn count(&self, filter: &QueryFilter) -> Result<Counted> {
        self.search(&self.visits(), &SearchState::default())
            .count(filter)
    }

    /// Returns the page of records of a query.
    pub(crate) fn find(&self, query: &Query) -> Result<Found> {
        self.search(&self.visits(), &SearchState::default())
            .find(query)
    }

    /// Returns for each of these values of an indexed property the first `limit` records that have it
    /// and match, up to `max_bytes`.
    pub(crate) fn related(
        &self,
        property: usize,
        values: &[Scalar<'static>],
        filter: &QueryFilter,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<Found>> {
        let (visits, state) = (self.visits(), SearchState::default());
        let (search, room) = (self.search(&visits, &state), ReadRoom::new(max_bytes));
        let of = |value| search.related(property, value, filter, limit, &room);
        room.collect(values.iter().map(of))
    }

    /// Returns several records in the order of `ids`, `None` for each that does not exist, up to
    /// `max_bytes`.
    pub(crate) fn get_many(&self, ids: &[Box<str>], max_bytes: usize) -> Result<Several> {
        let (visits, room) = (self.visits(), ReadRoom::new(max_bytes));
        let get = |id: &str| {
            let record = self.table.get(self.connection, id)?;
            if let Some(record) = &record {
                visits.note_work(record.weight())?;
            }
            Ok(record)
        };
        room.get_many(ids, get)
    }

    fn visits(&self) -> Visits<'_> {
        Visits::of(self.scan, self.max_visited)
    }

    fn search<'s>(&'s self, visits: &'s Visits<'s>, state: &'s SearchState) -> Search<'s, Self> {
        Search::new(self, visits, state)
    }
}

impl SearchTable for TableSearch<'_> {
    type Entry = Box<str>;

    fn definition(&self) -> &'static ResourceDef {
        self.table.definition
    }

    fn other(&self, definition: &'static ResourceDef) -> Result<Self> {
        let mut tables = self.tables.iter();
        let table = tables.find(|table| table.definition.name == definition.name);
        let missing = || Error::internal("the store was not opened for this resource");
        Ok(Self {
            table: table.ok_or_else(missing)?,
            ..*self
        })
    }

    fn indexed(&self) -> &[usize] {
        &self.table.indexed
    }

    fn len(&self) -> Result<(usize, usize)> {
        let count = self.table.count(self.connection, &EVERYTHING, usize::MAX)?;
        Ok((count, count))
    }

    fn count(&self, source: &RecordSource<'_>, most: usize) -> Result<usize> {
        self.table.count(self.connection, source, most)
    }

    fn each(&self, source: &RecordSource<'_>, take: &mut TakeRow<'_>) -> Result<()> {
        self.table.each(self.connection, source, |row| take(&row))
    }

    fn entries(
        &self,
        holders: &Holders<'_>,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Box<str>>> {
        self.table.ids(self.connection, holders, after, most)
    }

    fn get(&self, id: &str) -> Result<Option<Arc<Record>>> {
        self.table.get(self.connection, id)
    }

    fn row_of(&self, id: &str, take: &mut TakeRow<'_>) -> Result<bool> {
        self.table.with_row(self.connection, id, |row| take(&row))
    }

    fn row(&self, entry: &Box<str>, take: &mut TakeRow<'_>) -> Result<bool> {
        self.table
            .with_row(self.connection, entry, |row| take(&row))
    }
}

impl IndexedRecord for Box<str> {
    fn id(&self) -> &str {
        self
    }
}

impl Fields for StoredRecord<'_> {
    fn id(&self) -> &str {
        self.id()
    }

    fn json(&self, position: usize) -> &str {
        self.value(position)
    }

    fn key_form(&self, position: usize) -> KeyForm {
        self.key_form(position)
    }
}

impl Row for StoredRecord<'_> {
    fn record(&self) -> Result<Arc<Record>> {
        Ok(Arc::new(self.to_record()))
    }

    fn parsed(&self) -> usize {
        self.len()
    }
}
