//! Checks the integrity of a file.

use super::failure::failure;
use super::file::open_reader;
use crate::core::error::Result;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::store::Form;
use crate::store::plan::EVERYTHING;
use crate::store::sqlite::tables::encoding::read_commit;
use crate::store::sqlite::tables::idempotency;
use crate::store::sqlite::tables::key::key;
use crate::store::sqlite::tables::log;
use crate::store::sqlite::tables::table::{SqliteTable, column, quoted};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

/// The result of a check: what was read, and the errors.
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
            0 => "no problems".to_owned(),
            1 => "1 problem".to_owned(),
            many => format!("{many} problems"),
        };
        write!(
            f,
            "{records} records, {commits} commits in the log, {keys} keys: {verdict}"
        )
    }
}

/// Reads everything that the file contains for these resources, at one moment; a server may have it
/// open.
///
/// # Errors
///
/// If the file cannot be read at all.
pub(crate) fn check(
    path: &Path,
    resources: impl Iterator<Item = &'static ResourceDef>,
) -> Result<Checked> {
    let connection = open_reader(path).map_err(failure)?;
    connection.execute_batch("BEGIN").map_err(failure)?;
    let mut checked = Checked::default();
    checked.pages(&connection).map_err(failure)?;
    let mut tables = Vec::new();
    for table in resources.map(SqliteTable::new) {
        if checked.is_of(&connection, &table)? {
            tables.push(table);
        }
    }
    for table in &tables {
        checked.table(&connection, table)?;
    }
    checked.log(&connection, &tables)?;
    checked.idempotency(&connection, &tables)?;
    Ok(checked)
}

/// The newest image of each record in the log, by the index of its resource and its id: the digest of
/// the image, `None` if it was removed.
type Replayed = HashMap<(usize, Box<str>), Option<u64>>;

impl Checked {
    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Runs the integrity check of `SQLite`.
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

    /// Returns whether the records of a resource are stored in its current form.
    fn is_of(&mut self, connection: &Connection, table: &SqliteTable) -> Result<bool> {
        let name = table.definition.name;
        let read = "SELECT description FROM sockful_resources WHERE name = ?1";
        let form = connection.query_row(read, [name], |row| row.get::<_, String>(0));
        let Some(form) = form.optional().map_err(failure)? else {
            // The resource was never served with this file.
            return Ok(false);
        };
        let form: Option<Form> = serde_json::from_str(&form).ok();
        let is_of = form.is_some_and(|form| form.is_of(table.definition));
        if !is_of {
            self.problem(format!("{name}: the stored records have different properties; a server migrates them when it opens the file"));
        }
        Ok(is_of)
    }

    /// Checks the records of a resource and their indexes.
    fn table(&mut self, connection: &Connection, table: &SqliteTable) -> Result<()> {
        let name = table.definition.name;
        let columns = table.indexed.iter();
        let columns = columns.map(|&at| format!(", {}", column(table.definition, at)));
        let columns: String = columns.collect();
        let from = quoted("record", name);
        let select = format!("SELECT id, rev, sent, kept{columns} FROM {from} ORDER BY id");
        let mut statement = connection.prepare(&select).map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            self.records += 1;
            let record = match table.record(row) {
                Ok(record) => record,
                Err(error) => {
                    self.problem(format!("{name}: {error:?}"));
                    continue;
                }
            };
            for (nth, &at) in table.indexed.iter().enumerate() {
                let found: Vec<u8> = row.get(4 + nth).map_err(failure)?;
                if found != key(&record.scalar(at)) {
                    let (id, property) = (record.id(), table.definition.properties[at].name);
                    self.problem(format!(
                        "{name}: `{id}` has a wrong entry in the index of `{property}`"
                    ));
                }
            }
        }
        for &at in &table.unique {
            if let Some((_, id)) = table.shared(connection, at).map_err(failure)? {
                let property = table.definition.properties[at].name;
                self.problem(format!(
                    "{name}: `{id}` has a duplicate value in the unique property `{property}`"
                ));
            }
        }
        Ok(())
    }

    /// Checks the log: it is dense, each change follows the previous one, and the last one equals the
    /// stored record.
    fn log(&mut self, connection: &Connection, tables: &[SqliteTable]) -> Result<()> {
        let (mut is_whole, mut last) = (false, None);
        let mut replayed = Replayed::new();
        // Changes of SQL migrations are not in the log.
        let migrations = "SELECT EXISTS (SELECT 1 FROM sockful_migrations)";
        let has_migrated = connection.query_row(migrations, [], |row| row.get(0));
        let has_migrated: bool = has_migrated.map_err(failure)?;
        log::each(connection, 0, usize::MAX, |seq, tag, text| {
            self.commits += 1;
            if last.is_some_and(|last| seq != last + 1) {
                self.problem(format!("the log lacks the commits before number {seq}"));
            }
            let is_first = last.replace(seq).is_none();
            let committed = match read_commit(tables, seq, tag, text) {
                Ok(committed) => committed,
                Err(error) => {
                    self.problem(format!("cannot read commit {seq}: {error:?}"));
                    return Ok(());
                }
            };
            // The first commit of a restarted log is empty.
            is_whole |= is_first && seq == 1 && !committed.is_empty() && !has_migrated;
            for change in committed.changes {
                let Some(record) = change.after.as_ref().or(change.before.as_ref()) else {
                    continue;
                };
                let place = (change.resource, Box::from(record.id()));
                let [before, after] = [&change.before, &change.after].map(|it| digest(it.as_ref()));
                let known = replayed.insert(place, after);
                // No records existed before a complete log.
                let known = known.or(is_whole.then_some(None));
                if known.is_some_and(|known| known != before) {
                    let name = tables[change.resource].definition.name;
                    self.problem(format!(
                        "{name}: commit {seq} does not follow from the commit before it"
                    ));
                }
            }
            Ok(())
        })?;
        let mut living = vec![0; tables.len()];
        for ((resource, id), image) in &replayed {
            living[*resource] += usize::from(image.is_some());
            // A record that cannot be read was reported already.
            let stored = tables[*resource].get(connection, id);
            if stored.is_ok_and(|stored| digest(stored.as_ref()) != *image) {
                let name = tables[*resource].definition.name;
                self.problem(format!(
                    "{name}: `{id}` differs from its last state in the log"
                ));
            }
        }
        for (table, living) in tables.iter().zip(living) {
            let count = table.count(connection, &EVERYTHING, usize::MAX)?;
            if is_whole && count > living {
                let name = table.definition.name;
                self.problem(format!(
                    "{name}: {count} records are stored, but the log has {living}"
                ));
            }
        }
        Ok(())
    }

    fn idempotency(&mut self, connection: &Connection, tables: &[SqliteTable]) -> Result<()> {
        let select = "SELECT seq FROM sockful_completions ORDER BY seq";
        let mut statement = connection.prepare(select).map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let seq: i64 = row.get(0).map_err(failure)?;
            self.keys += 1;
            if let Err(error) = idempotency::read(connection, tables, seq.cast_unsigned()) {
                self.problem(format!(
                    "cannot read the response of commit {seq}: {error:?}"
                ));
            }
        }
        Ok(())
    }
}

/// Returns a digest that distinguishes images of a record.
fn digest(record: Option<&Arc<Record>>) -> Option<u64> {
    record.map(|record| {
        let mut hasher = DefaultHasher::new();
        (record.rev(), record.sent(), record.kept()).hash(&mut hasher);
        hasher.finish()
    })
}
