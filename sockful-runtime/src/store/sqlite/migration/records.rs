//! Migrates the records of one resource.

use super::Plan;
use super::findings::{Findings, differences};
use crate::core::error::{Error, ErrorKind, Result};
use crate::store::sqlite::failure::failure;
use crate::store::sqlite::tables::table::{SqliteTable, quoted};
use crate::store::{Form, Layout, Migrated};
use rusqlite::{Row, Transaction};

/// Migrates the records stored as `name` to this resource.
pub(super) fn migrate(
    transaction: &Transaction<'_>,
    layout: Layout<'_>,
    name: &str,
    stored: &str,
    plan: &mut Plan,
) -> Result<()> {
    let definition = layout.definition();
    let table = SqliteTable::new(definition);
    let aside = put_aside(transaction, name).map_err(failure)?;
    let made = table.make(transaction, &layout.form());
    made.map_err(failure)?;
    let stored: Form = serde_json::from_str(stored).map_err(Error::internal)?;
    let mut findings = Findings::default();
    let mut is_changed = name != definition.name;
    each(transaction, &aside, |id, rev, [sent, kept]| {
        match layout.migrate_from(&stored.properties, id, rev, [sent, kept]) {
            Ok(Migrated { record, dropped }) => {
                is_changed |= record.sent() != sent;
                findings.count(id, dropped);
                table.put(transaction, &record).map_err(failure)
            }
            Err(error) if error.kind() == ErrorKind::Invalid => {
                findings.faults(id, error.fields());
                Ok(())
            }
            Err(error) => {
                let message = format!("cannot migrate `{id}` of `{name}`: {error}");
                Err(Error::internal(message))
            }
        }
    })?;
    for &at in &table.unique {
        let shared = table.shared(transaction, at).map_err(failure)?;
        findings.shared(definition.properties[at].name, shared);
    }
    let drop = format!("DROP TABLE {aside}");
    transaction.execute_batch(&drop).map_err(failure)?;
    plan.done.extend(differences(&stored, name, layout));
    let refused = findings.sentences();
    let refused = refused.map(|it| format!("{}: {it}", definition.name));
    plan.refused.extend(refused);
    plan.is_other_history |= is_changed;
    Ok(())
}

/// Renames the old table to make room for the new one; returns the quoted name that it has now.
fn put_aside(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<String> {
    let (table, aside) = (quoted("record", name), quoted("older", name));
    let rename = format!("ALTER TABLE {table} RENAME TO {aside}");
    transaction.execute_batch(&rename)?;
    let indexes =
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL";
    let mut indexes = transaction.prepare(indexes)?;
    let indexes = indexes.query_map([format!("older {name}")], |row| row.get::<_, String>(0))?;
    for index in indexes.collect::<rusqlite::Result<Vec<_>>>()? {
        let drop = format!("DROP INDEX \"{}\"", index.replace('"', "\"\""));
        transaction.execute_batch(&drop)?;
    }
    let forget = "DELETE FROM sockful_resources WHERE name = ?1";
    transaction.execute(forget, [name])?;
    Ok(aside)
}

/// Passes each row to a callback: its id, its revision and its two texts.
fn each(
    transaction: &Transaction<'_>,
    table: &str,
    mut take: impl FnMut(&str, u64, [&str; 2]) -> Result<()>,
) -> Result<()> {
    let select = format!("SELECT id, rev, sent, kept FROM {table} ORDER BY id");
    let mut statement = transaction.prepare(&select).map_err(failure)?;
    let mut rows = statement.query([]).map_err(failure)?;
    while let Some(row) = rows.next().map_err(failure)? {
        let rev: i64 = row.get(1).map_err(failure)?;
        let [id, sent, kept] = [0, 2, 3].map(|at| text(row, at));
        take(id?, rev.cast_unsigned(), [sent?, kept?])?;
    }
    Ok(())
}

fn text<'r>(row: &'r Row<'_>, at: usize) -> Result<&'r str> {
    let value = row.get_ref(at).map_err(failure)?;
    value.as_str().map_err(Error::internal)
}
