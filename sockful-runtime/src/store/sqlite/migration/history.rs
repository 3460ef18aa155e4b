//! The log and the replies that are remembered: what of them still tells the truth.

use super::Remade;
use crate::error::Result;
use crate::store::sqlite::entry::{Image, migrate_commit, migrate_completion};
use crate::store::sqlite::failure::failure;
use rusqlite::{OptionalExtension, Transaction};

/// What the log says where it says nothing.
const NOTHING: &str = r#"{"changes":[],"emitted":[]}"#;

/// Makes the history one of the resources as they are now. Where clients may hold a record that is
/// another now, it begins anew: they are sent everything once more.
pub(super) fn migrate(
    transaction: &Transaction<'_>,
    remade: &Remade<'_>,
    is_other: bool,
) -> Result<()> {
    let log = rewritten(transaction, remade)?;
    match log.filter(|_| !is_other) {
        Some(log) => {
            for (seq, entry) in log {
                set(transaction, "sockful_log", seq, &entry).map_err(failure)?;
            }
        }
        None => begin_anew(transaction).map_err(failure)?,
    }
    replies(transaction, remade)
}

/// The entries of the log, unless one of them tells of a record that is another now.
fn rewritten(
    transaction: &Transaction<'_>,
    remade: &Remade<'_>,
) -> Result<Option<Vec<(i64, String)>>> {
    let mut entries = Vec::new();
    for (seq, entry) in rows(transaction, "sockful_log").map_err(failure)? {
        let migrated = migrate_commit(&entry, |resource, image| {
            let migrated = migrated(remade, resource, image)?;
            let is_same = migrated.1.sent == image.sent;
            is_same.then_some(migrated)
        })?;
        match migrated {
            Some(migrated) => entries.push((seq, migrated)),
            None => return Ok(None),
        }
    }
    Ok(Some(entries))
}

/// The replies show what is stored now. Where one can't, its key is forgotten: a retry is refused
/// rather than taking effect again.
fn replies(transaction: &Transaction<'_>, remade: &Remade<'_>) -> Result<()> {
    for (seq, entry) in rows(transaction, "sockful_completions").map_err(failure)? {
        let image = |resource: &str, image: &Image| migrated(remade, resource, image);
        let done = match migrate_completion(&entry, image)? {
            Ok(entry) => set(transaction, "sockful_completions", seq, &entry),
            Err((caller, time)) => forget(transaction, seq, &caller, time),
        };
        done.map_err(failure)?;
    }
    Ok(())
}

/// The name of the resource and the record as they are now; `None` where it no longer fits.
fn migrated(remade: &Remade<'_>, resource: &str, image: &Image) -> Option<(String, Image)> {
    match remade.get(resource) {
        None => Some((resource.to_owned(), image.clone())),
        Some(layout) => {
            let migrated = layout.migrate(&image.id, image.rev, &image.sent, &image.kept);
            let image = Image::of(&migrated.ok()?.record);
            Some((layout.declared().name.to_owned(), image))
        }
    }
}

fn rows(transaction: &Transaction<'_>, table: &str) -> rusqlite::Result<Vec<(i64, String)>> {
    let select = format!("SELECT seq, entry FROM {table} ORDER BY seq");
    let mut statement = transaction.prepare(&select)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn set(transaction: &Transaction<'_>, table: &str, seq: i64, entry: &str) -> rusqlite::Result<()> {
    let update = format!("UPDATE {table} SET entry = ?2 WHERE seq = ?1");
    let mut statement = transaction.prepare_cached(&update)?;
    statement.execute((seq, entry)).map(drop)
}

/// Leaves nothing of the log but its number, and names the history otherwise.
fn begin_anew(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let last = "SELECT max(seq) FROM sockful_log";
    let last: Option<i64> = transaction.query_row(last, [], |row| row.get(0))?;
    if let Some(last) = last {
        transaction.execute("DELETE FROM sockful_log WHERE seq < ?1", [last])?;
        set(transaction, "sockful_log", last, NOTHING)?;
    }
    super::super::file::renew_epoch(transaction)
}

/// Forgets what was replied, and every key of the caller that is not newer.
fn forget(
    transaction: &Transaction<'_>,
    seq: i64,
    caller: &str,
    time: u64,
) -> rusqlite::Result<()> {
    let delete = "DELETE FROM sockful_completions WHERE seq = ?1";
    transaction.execute(delete, [seq])?;
    let others = "SELECT 1 FROM sockful_completions WHERE entry ->> '$.caller' = ?1";
    let others = transaction.query_row(others, [caller], |_| Ok(()));
    let (table, column, name) = match others.optional()? {
        Some(()) => ("sockful_horizons (caller, at)", "at", caller),
        // Nothing is kept of a caller that has no entry.
        None => ("sockful_meta (name, value)", "value", "horizon"),
    };
    let raise = format!(
        "INSERT INTO {table} VALUES (?1, ?2) ON CONFLICT DO UPDATE SET {column} = max({column}, excluded.{column})"
    );
    transaction
        .execute(&raise, (name, time.cast_signed()))
        .map(drop)
}
