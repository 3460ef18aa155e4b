//! Whether all that a file holds is as it must be.

use super::completions;
use super::entry::read_commit;
use super::failure::failure;
use super::file::open_reader;
use super::key::key;
use super::log;
use super::source::Source;
use super::table::{Table, column, quoted};
use crate::declared::Declared;
use crate::error::Result;
use crate::query::Scalar;
use crate::record::Record;
use crate::store::Form;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// What was read, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    records: usize,
    commits: usize,
    keys: usize,
    pub(crate) problems: Vec<String>,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        let Self {
            records,
            commits,
            keys,
            problems,
        } = self;
        let verdict = match problems.len() {
            0 => "all is well".to_owned(),
            1 => "one problem".to_owned(),
            many => format!("{many} problems"),
        };
        write!(
            f,
            "{records} records, {commits} commits in the log, {keys} keys: {verdict}"
        )
    }
}

/// Reads all that the file holds for these resources, as it is at one moment; a server may have it open.
///
/// # Errors
///
/// Where it can't be read at all.
pub(crate) fn check(
    path: &Path,
    resources: impl Iterator<Item = &'static Declared>,
) -> Result<Checked> {
    let connection = open_reader(path).map_err(failure)?;
    connection.execute_batch("BEGIN").map_err(failure)?;
    let mut checked = Checked::default();
    checked.pages(&connection).map_err(failure)?;
    let mut tables = Vec::new();
    for table in resources.map(Table::new) {
        if checked.is_of(&connection, &table)? {
            tables.push(table);
        }
    }
    let mut records = Records::new();
    for (resource, table) in tables.iter().enumerate() {
        checked.table(&connection, table, resource, &mut records)?;
    }
    checked.log(&connection, &tables, &records)?;
    checked.completions(&connection, &tables)?;
    Ok(checked)
}

/// By the place of their resource and their id.
type Records = HashMap<(usize, Box<str>), Arc<Record>>;

impl Checked {
    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// What `SQLite` itself says of its file.
    fn pages(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare("PRAGMA integrity_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let line: String = row.get(0)?;
            if line != "ok" {
                self.problem(line);
            }
        }
        Ok(())
    }

    /// Whether the records of a resource are stored as it declares them.
    fn is_of(&mut self, connection: &Connection, table: &Table) -> Result<bool> {
        let name = table.declared.name;
        let read = "SELECT description FROM sockful_resources WHERE name = ?1";
        let form = connection.query_row(read, [name], |row| row.get::<_, String>(0));
        let Some(form) = form.optional().map_err(failure)? else {
            // It was never served with this file.
            return Ok(false);
        };
        let form: Option<Form> = serde_json::from_str(&form).ok();
        let is_of = form.is_some_and(|form| form.is_of(table.declared));
        if !is_of {
            self.problem(format!("{name}: its records have other properties than it declares; a server that opens the file migrates them"));
        }
        Ok(is_of)
    }

    /// The records of a resource and what they are found by.
    fn table(
        &mut self,
        connection: &Connection,
        table: &Table,
        resource: usize,
        records: &mut Records,
    ) -> Result<()> {
        let name = table.declared.name;
        let every = Source::All {
            descending: false,
            after: None,
        };
        let mut ids: Vec<Box<str>> = Vec::new();
        let read = table.each(connection, &every, |record| {
            ids.push(Box::from(record.id()));
            records.insert((resource, record.id().into()), record);
            true
        });
        if let Err(error) = read {
            self.problem(format!("{name}: {error:?}"));
        }
        self.records += ids.len();
        for &at in &table.indexed {
            let column = column(table.declared, at);
            let select = format!(
                "SELECT {column} FROM {} WHERE id = ?1",
                quoted("record", name)
            );
            let mut statement = connection.prepare(&select).map_err(failure)?;
            let mut seen = HashSet::new();
            let is_unique = table.unique.contains(&at);
            let property = table.declared.properties[at].name;
            for id in &ids {
                let found = statement.query_row([id], |row| row.get::<_, Vec<u8>>(0));
                let found = found.map_err(failure)?;
                let value = Scalar::read(records[&(resource, id.clone())].value(at));
                if found != key(&value) {
                    self.problem(format!(
                        "{name}: `{id}` stands elsewhere in the index of `{property}`"
                    ));
                }
                if is_unique && value != Scalar::Null && !seen.insert(found) {
                    self.problem(format!(
                        "{name}: `{id}` shares its `{property}`, which is unique"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The log: dense, each change upon the one before, and the last one as it is stored.
    fn log(&mut self, connection: &Connection, tables: &[Table], records: &Records) -> Result<()> {
        let mut last = None;
        let mut replayed: HashMap<(usize, Box<str>), Option<Arc<Record>>> = HashMap::new();
        log::each(connection, 0, usize::MAX, |seq, tag, text| {
            self.commits += 1;
            if last.is_some_and(|last| seq != last + 1) {
                self.problem(format!("the log has no commit before number {seq}"));
            }
            last = Some(seq);
            let committed = match read_commit(tables, seq, tag, text) {
                Ok(committed) => committed,
                Err(error) => {
                    self.problem(format!("commit {seq} can't be read: {error:?}"));
                    return Ok(());
                }
            };
            for change in committed.changes {
                let Some(record) = change.after.as_ref().or(change.before.as_ref()) else {
                    continue;
                };
                let place = (change.resource, Box::from(record.id()));
                let before = replayed.insert(place, change.after.clone());
                if before.is_some_and(|before| before != change.before) {
                    let name = tables[change.resource].declared.name;
                    self.problem(format!(
                        "{name}: commit {seq} changes something else than was there before it"
                    ));
                }
            }
            Ok(())
        })?;
        for ((resource, id), image) in &replayed {
            if records.get(&(*resource, id.clone())) != image.as_ref() {
                let name = tables[*resource].declared.name;
                self.problem(format!(
                    "{name}: `{id}` is stored otherwise than the log has left it"
                ));
            }
        }
        Ok(())
    }

    fn completions(&mut self, connection: &Connection, tables: &[Table]) -> Result<()> {
        let select = "SELECT seq FROM sockful_completions ORDER BY seq";
        let mut statement = connection.prepare(select).map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let seq: i64 = row.get(0).map_err(failure)?;
            self.keys += 1;
            if let Err(error) = completions::read(connection, tables, seq.cast_unsigned()) {
                self.problem(format!(
                    "what commit {seq} replied can't be read: {error:?}"
                ));
            }
        }
        Ok(())
    }
}
