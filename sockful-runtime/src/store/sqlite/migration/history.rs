//! Migrates the log and the remembered responses, as far as they remain correct.

use super::RewrittenLayouts;
use crate::core::error::Result;
use crate::store::sqlite::failure::failure;
use crate::store::sqlite::file::renew_history;
use crate::store::sqlite::tables::encoding::{
    RecordEntry, migrate_commit, migrate_completed_request,
};
use crate::store::sqlite::tables::idempotency;
use rusqlite::{OptionalExtension, Transaction};

/// The entry of an empty commit.
const NOTHING: &str = r#"{"changes":[],"emitted":[]}"#;

/// Migrates the history to the current definitions. If clients may hold a record that has changed, the
/// history restarts: clients receive everything again.
pub(super) fn migrate(
    transaction: &Transaction<'_>,
    rewritten: &RewrittenLayouts<'_>,
    is_other: bool,
) -> Result<()> {
    if is_other || !log(transaction, rewritten)? {
        restart(transaction)?;
    }
    replies(transaction, rewritten)
}

/// Migrates the log; returns `false` if a commit contains a record that has changed.
fn log(transaction: &Transaction<'_>, rewritten: &RewrittenLayouts<'_>) -> Result<bool> {
    each(transaction, "sockful_log", |seq, entry| {
        let migrated = migrate_commit(entry, |resource, image| {
            let migrated = migrated(rewritten, resource, image)?;
            let is_same = migrated.1.texts()[0] == image.texts()[0];
            is_same.then_some(migrated)
        })?;
        let set = |entry: String| set(transaction, "sockful_log", seq, &entry).map_err(failure);
        migrated.map(set).transpose().map(|set| set.is_some())
    })
}

/// Migrates the remembered responses. If one cannot be migrated, only its key is kept: a retry is
/// rejected instead of taking effect again.
fn replies(transaction: &Transaction<'_>, rewritten: &RewrittenLayouts<'_>) -> Result<()> {
    let all = each(transaction, "sockful_completions", |seq, entry| {
        if entry == idempotency::NO_RESPONSE {
            return Ok(true);
        }
        let image = |resource: &str, image: &RecordEntry| migrated(rewritten, resource, image);
        let done = match migrate_completed_request(entry, image)? {
            Some(entry) => set(transaction, "sockful_completions", seq, &entry),
            None => idempotency::drop_response(transaction, seq, None),
        };
        done.map_err(failure).map(|()| true)
    });
    all.map(drop)
}

/// Returns the current name of the resource and the migrated record; `None` if it no longer fits.
fn migrated(
    rewritten: &RewrittenLayouts<'_>,
    resource: &str,
    image: &RecordEntry,
) -> Option<(String, RecordEntry)> {
    match rewritten.get(resource) {
        None => Some((resource.to_owned(), image.clone())),
        Some(&layout) => {
            let image = image.migrated(layout)?;
            Some((layout.definition().name.to_owned(), image))
        }
    }
}

/// Passes the number and the text of each row to `take`, which may change the text or stop by returning
/// that it is unusable. Returns whether all rows were passed.
fn each(
    transaction: &Transaction<'_>,
    table: &str,
    mut take: impl FnMut(i64, &str) -> Result<bool>,
) -> Result<bool> {
    // One row at a time: the results of a statement are undefined while its table changes.
    let select = format!("SELECT seq, entry FROM {table} WHERE seq > ?1 ORDER BY seq LIMIT 1");
    let mut statement = transaction.prepare(&select).map_err(failure)?;
    let mut last = 0;
    loop {
        let next = statement.query_row([last], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        });
        let Some((seq, entry)) = next.optional().map_err(failure)? else {
            return Ok(true);
        };
        if !take(seq, &entry)? {
            return Ok(false);
        }
        last = seq;
    }
}

fn set(transaction: &Transaction<'_>, table: &str, seq: i64, entry: &str) -> rusqlite::Result<()> {
    let update = format!("UPDATE {table} SET entry = ?2 WHERE seq = ?1");
    let mut statement = transaction.prepare_cached(&update)?;
    statement.execute((seq, entry)).map(drop)
}

/// Removes the log except its number, and renames the history.
fn restart(transaction: &Transaction<'_>) -> Result<()> {
    let last = "SELECT max(seq) FROM sockful_log";
    let last = transaction.query_row(last, [], |row| row.get::<_, Option<i64>>(0));
    let last = last.map_err(failure)?;
    if let Some(last) = last {
        let delete = "DELETE FROM sockful_log WHERE seq < ?1";
        let deleted = transaction.execute(delete, [last]);
        let emptied = deleted.and_then(|_| set(transaction, "sockful_log", last, NOTHING));
        emptied.map_err(failure)?;
    }
    renew_history(transaction)
}
