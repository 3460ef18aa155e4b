//! Hand-written migrations in SQL, each of which runs once.

use super::Plan;
use crate::core::error::{Error, ErrorKind, Result};
use crate::store::sqlite::failure::failure;
use rusqlite::Transaction;

/// A migration in SQL. Migrations are ordered by name.
#[derive(Clone, Debug)]
pub(in super::super) struct SqlMigration {
    pub(in super::super) name: String,
    pub(in super::super) sql: String,
}

/// Runs the migrations that have not run yet, and returns whether there were any.
pub(super) fn run(
    transaction: &Transaction<'_>,
    numbered: &[SqlMigration],
    plan: &mut Plan,
) -> Result<bool> {
    let earlier = earlier(transaction).map_err(failure)?;
    if let Some(pair) = numbered.windows(2).find(|it| it[0].name >= it[1].name) {
        let (first, second) = (&pair[0].name, &pair[1].name);
        return Err(wrong(format!(
            "the migration `{second}` is listed after `{first}`; list migrations in the order of their names"
        )));
    }
    for (nth, (name, sql)) in earlier.iter().enumerate() {
        match numbered.get(nth) {
            Some(it) if it.name == *name && it.sql == *sql => {}
            Some(it) if it.name == *name => {
                return Err(wrong(format!(
                    "the migration `{name}` was changed after it ran; restore its text, and write a new migration"
                )));
            }
            Some(it) if it.name < *name => {
                return Err(wrong(format!(
                    "the migration `{}` would run after `{name}`, which has already run; give it a later name",
                    it.name
                )));
            }
            _ => {
                return Err(wrong(format!(
                    "the migration `{name}` has run on this store, but the program no longer has it; add it back"
                )));
            }
        }
    }
    let new = &numbered[earlier.len()..];
    for SqlMigration { name, sql } in new {
        let run = || {
            transaction.execute_batch(sql)?;
            let write = "INSERT INTO sockful_migrations (name, sql) VALUES (?1, ?2)";
            transaction.execute(write, (name, sql))
        };
        run().map_err(|error| wrong(format!("the migration `{name}` failed: {error}")))?;
        plan.done.push(format!("migration `{name}` applied"));
    }
    Ok(!new.is_empty())
}

fn earlier(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement =
        transaction.prepare("SELECT name, sql FROM sockful_migrations ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}
