//! The table of one resource.

use super::key::key;
use crate::core::error::{Error, ErrorKind, Result};
use crate::model::definition::ResourceDef;
use crate::model::record::{Record, StoredRecord};
use crate::model::scalar::Scalar;
use crate::store::Form;
use crate::store::plan::RecordSource;
use crate::store::search::Holders;
use crate::store::sqlite::failure::failure;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use std::sync::Arc;

/// The table of one resource: the row of a record has its id, revision and two texts, and the [key] of
/// each indexed property.
#[derive(Debug)]
pub(crate) struct SqliteTable {
    pub(crate) definition: &'static ResourceDef,
    /// The name, quoted.
    name: String,
    /// The indexed properties.
    pub(crate) indexed: Vec<usize>,
    /// The unique ones among them.
    pub(crate) unique: Vec<usize>,
    put: String,
    get: String,
    delete: String,
}

impl SqliteTable {
    /// Returns the table of the resource at this index in the served list.
    pub(crate) fn of(tables: &[Self], resource: usize) -> Result<&Self> {
        let missing = || Error::internal("the store was not opened for this resource");
        tables.get(resource).ok_or_else(missing)
    }

    pub(crate) fn new(definition: &'static ResourceDef) -> Self {
        let name = quoted("record", definition.name);
        let properties = definition.properties.iter().enumerate();
        let indexed = properties.filter(|(_, property)| property.is_indexed());
        let indexed: Vec<usize> = indexed.map(|(at, _)| at).collect();
        let columns = indexed.iter().map(|&at| column(definition, at));
        let texts = ["id", "rev", "sent", "kept"].map(str::to_owned);
        let columns: Vec<String> = texts.into_iter().chain(columns).collect();
        let values = vec!["?"; columns.len()].join(", ");
        Self {
            put: format!(
                "INSERT OR REPLACE INTO {name} ({}) VALUES ({values})",
                columns.join(", ")
            ),
            get: format!("SELECT id, rev, sent, kept FROM {name} WHERE id = ?1"),
            unique: indexed
                .iter()
                .copied()
                .filter(|&at| definition.properties[at].unique)
                .collect(),
            delete: format!("DELETE FROM {name} WHERE id = ?1"),
            definition,
            name,
            indexed,
        }
    }

    /// Creates the table, or checks that the existing one has these properties.
    pub(crate) fn create(&self, connection: &Connection) -> Result<()> {
        let read = "SELECT description FROM sockful_resources WHERE name = ?1";
        let stored = connection
            .query_row(read, [self.definition.name], |row| row.get::<_, String>(0))
            .optional()
            .map_err(failure)?;
        let Some(stored) = stored else {
            let form = Form::of(self.definition).text();
            return self.make(connection, &form).map_err(failure);
        };
        let stored: Form = serde_json::from_str(&stored).map_err(Error::internal)?;
        if stored.is_of(self.definition) {
            return Ok(());
        }
        let message = format!(
            "the stored records of `{}` have different properties than the program declares",
            self.definition.name
        );
        Err(Error::new(ErrorKind::Unavailable, message))
    }

    /// Creates the table, and stores the form of its records.
    pub(crate) fn make(&self, connection: &Connection, form: &str) -> rusqlite::Result<()> {
        let mut columns = vec![
            "id TEXT PRIMARY KEY NOT NULL".to_owned(),
            "rev INTEGER NOT NULL".to_owned(),
            "sent TEXT NOT NULL".to_owned(),
            "kept TEXT NOT NULL".to_owned(),
        ];
        let name = &self.name;
        let mut indexes = Vec::new();
        for &at in &self.indexed {
            let column = column(self.definition, at);
            let property = self.definition.properties[at].name;
            let index = quoted("index", &format!("{}.{property}", self.definition.name));
            columns.push(format!("{column} BLOB NOT NULL"));
            indexes.push(format!("CREATE INDEX {index} ON {name} ({column}, id)"));
        }
        let table = format!("CREATE TABLE {name} ({})", columns.join(", "));
        let sql = [&[table], &*indexes].concat().join(";");
        connection.execute_batch(&sql)?;
        let write = "INSERT INTO sockful_resources VALUES (?1, ?2)";
        connection
            .execute(write, (self.definition.name, form))
            .map(drop)
    }

    pub(crate) fn get(&self, connection: &Connection, id: &str) -> Result<Option<Arc<Record>>> {
        let mut statement = connection.prepare_cached(&self.get).map_err(failure)?;
        let mut rows = statement.query([id]).map_err(failure)?;
        let row = rows.next().map_err(failure)?;
        row.map(|row| self.record(row)).transpose()
    }

    pub(crate) fn put(&self, connection: &Connection, record: &Record) -> rusqlite::Result<()> {
        let texts = [record.sent(), record.kept()];
        let keys = self.indexed.iter();
        let keys = keys.map(|&at| key(&record.scalar(at)));
        let keys: Vec<Vec<u8>> = keys.collect();
        let rev = record.rev().cast_signed();
        let mut values: Vec<&dyn rusqlite::ToSql> = Vec::with_capacity(4 + keys.len());
        let id = record.id();
        values.extend([&id as &dyn rusqlite::ToSql, &rev, &texts[0], &texts[1]]);
        values.extend(keys.iter().map(|key| key as &dyn rusqlite::ToSql));
        let mut statement = connection.prepare_cached(&self.put)?;
        statement.execute(params_from_iter(values)).map(drop)
    }

    pub(crate) fn delete(&self, connection: &Connection, id: &str) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(&self.delete)?;
        statement.execute([id]).map(drop)
    }

    /// Returns whether a record with an id that `counts` has this value of an indexed property. Reads
    /// only the index.
    pub(crate) fn has_holder(
        &self,
        connection: &Connection,
        property: usize,
        value: &Scalar<'static>,
        counts: impl Fn(&str) -> bool,
    ) -> Result<bool> {
        let select = self.select_holders(property);
        let mut statement = connection.prepare_cached(&select).map_err(failure)?;
        let mut rows = statement.query([key(value)]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let id = row.get_ref(0).map_err(failure)?;
            if counts(id.as_str().map_err(Error::internal)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn select_holders(&self, property: usize) -> String {
        let column = column(self.definition, property);
        format!("SELECT id FROM {} WHERE {column} = ?1", self.name)
    }

    /// Passes the records of a source to `take` in order, until it returns `false`.
    pub(crate) fn each(
        &self,
        connection: &Connection,
        source: &RecordSource<'_>,
        mut take: impl FnMut(StoredRecord<'_>) -> Result<bool>,
    ) -> Result<()> {
        let (condition, values) = source.sql(|at| column(self.definition, at));
        let sql = format!("SELECT id, rev, sent, kept FROM {}{condition}", self.name);
        let mut statement = connection.prepare_cached(&sql).map_err(failure)?;
        let mut rows = statement.query(params_from_iter(values)).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            if !self.with_record(row, &mut take)? {
                break;
            }
        }
        Ok(())
    }

    /// Passes the record with this id to `take`; returns the result of `take`, or `true` if there is no
    /// record.
    pub(crate) fn with_row(
        &self,
        connection: &Connection,
        id: &str,
        take: impl FnOnce(StoredRecord<'_>) -> Result<bool>,
    ) -> Result<bool> {
        let mut statement = connection.prepare_cached(&self.get).map_err(failure)?;
        let mut rows = statement.query([id]).map_err(failure)?;
        match rows.next().map_err(failure)? {
            Some(row) => self.with_record(row, take),
            None => Ok(true),
        }
    }

    /// Returns at most `most` ids of the records that have one value of an indexed property, in order
    /// after `after`. Reads only the index.
    pub(crate) fn ids(
        &self,
        connection: &Connection,
        holders: &Holders<'_>,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Box<str>>> {
        let column = column(self.definition, holders.property);
        let (behind, direction) = if holders.descending {
            ("<", " DESC")
        } else {
            (">", "")
        };
        let after_condition = match after {
            Some(_) => format!(" AND id {behind} ?3"),
            None => String::new(),
        };
        let sql = format!(
            "SELECT id FROM {} WHERE {column} = ?1{after_condition} ORDER BY id{direction} LIMIT ?2",
            self.name
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut values = vec![Value::Blob(key(holders.value)), Value::Integer(most)];
        values.extend(after.map(|id| Value::Text(id.to_owned())));
        let mut statement = connection.prepare_cached(&sql).map_err(failure)?;
        let ids = statement.query_map(params_from_iter(values), |row| row.get::<_, Box<str>>(0));
        ids.and_then(Iterator::collect).map_err(failure)
    }

    /// Returns the number of records of a source, counted up to `most`.
    pub(crate) fn count(
        &self,
        connection: &Connection,
        source: &RecordSource<'_>,
        most: usize,
    ) -> Result<usize> {
        let (sql, mut values) = self.select_count(source);
        values.push(Value::Integer(i64::try_from(most).unwrap_or(i64::MAX)));
        let mut statement = connection.prepare_cached(&sql).map_err(failure)?;
        let count = statement.query_row(params_from_iter(values), |row| row.get::<_, i64>(0));
        count
            .map(|count| usize::try_from(count).unwrap_or(usize::MAX))
            .map_err(failure)
    }

    /// Returns the statement that counts the records of a source, and its values except the last, which
    /// is the limit of the count: it is a parameter, so that the statement is prepared only once.
    fn select_count(&self, source: &RecordSource<'_>) -> (String, Vec<Value>) {
        let (condition, values) = source.sql(|at| column(self.definition, at));
        let (name, limit) = (&self.name, values.len() + 1);
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {name}{condition} LIMIT ?{limit})");
        (sql, values)
    }

    /// Returns the number of values of a property that several records have, and one such record.
    pub(crate) fn shared(
        &self,
        connection: &Connection,
        property: usize,
    ) -> rusqlite::Result<Option<(usize, String)>> {
        let (column, name) = (column(self.definition, property), &self.name);
        let select = format!(
            "SELECT count(*) OVER (), min(id) FROM {name} WHERE {column} <> ?1 GROUP BY {column} HAVING count(*) > 1 LIMIT 1"
        );
        let found = connection.query_row(&select, [key(&Scalar::Null)], |row| {
            let count: i64 = row.get(0)?;
            Ok((usize::try_from(count).unwrap_or(usize::MAX), row.get(1)?))
        });
        found.optional()
    }

    /// Reads the record of a row with its id, revision and two texts.
    pub(crate) fn record(&self, row: &Row<'_>) -> Result<Arc<Record>> {
        self.with_record(row, |stored| Ok(Arc::new(stored.to_record())))
    }

    /// Evaluates `see` on the record of a row with its id, revision and two texts.
    fn with_record<T>(
        &self,
        row: &Row<'_>,
        see: impl FnOnce(StoredRecord<'_>) -> Result<T>,
    ) -> Result<T> {
        let read = || -> rusqlite::Result<_> {
            let texts = (row.get_ref(0)?, row.get_ref(2)?, row.get_ref(3)?);
            Ok((row.get::<_, i64>(1)?.cast_unsigned(), texts))
        };
        let (rev, (id, sent, kept)) = read().map_err(failure)?;
        let (id, sent, kept) = (text(&id)?, text(&sent)?, text(&kept)?);
        see(StoredRecord::parse(self.definition, id, rev, sent, kept)?)
    }
}

fn text<'r>(value: &ValueRef<'r>) -> Result<&'r str> {
    value.as_str().map_err(Error::internal)
}

/// Returns the quoted name of the column with the keys of a property.
pub(crate) fn column(definition: &ResourceDef, at: usize) -> String {
    quoted("key", definition.properties[at].name)
}

/// Returns a quoted name that cannot collide with other parts of the SQL.
pub(crate) fn quoted(what: &str, name: &str) -> String {
    format!("\"{what} {}\"", name.replace('"', "\"\""))
}

/// The number of statement runs on one table.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatementRuns {
    /// Statements that read one row.
    pub(crate) selects: i32,
    pub(crate) puts: i32,
    pub(crate) deletes: i32,
}

#[cfg(test)]
impl SqliteTable {
    /// Returns the number of statement runs on this connection, which caches them.
    pub(crate) fn runs(&self, connection: &Connection) -> StatementRuns {
        let runs = |sql: &str| {
            let statement = connection.prepare_cached(sql).expect("SQL");
            statement.get_status(rusqlite::StatementStatus::Run)
        };
        StatementRuns {
            selects: runs(&self.get),
            puts: runs(&self.put),
            deletes: runs(&self.delete),
        }
    }

    /// Returns how often the statement that counts the records of a source has run on this connection.
    pub(crate) fn count_runs(&self, connection: &Connection, source: &RecordSource<'_>) -> i32 {
        let (sql, _) = self.select_count(source);
        let statement = connection.prepare_cached(&sql).expect("SQL");
        statement.get_status(rusqlite::StatementStatus::Run)
    }

    /// Returns how `SQLite` finds the records with a value.
    pub(crate) fn holder_plan(&self, connection: &Connection, property: usize) -> String {
        let explain = format!("EXPLAIN QUERY PLAN {}", self.select_holders(property));
        let plan = connection.query_row(&explain, [Vec::<u8>::new()], |row| row.get(3));
        plan.expect("a plan")
    }
}
