//! Opens connections to the file: its settings, format and epoch.

use super::failure::failure;
use super::file_lock::FileLock;
use crate::core::error::{Error, ErrorKind, Result};
use crate::protocol::position::new_secret;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use uuid::Uuid;

/// Older versions may lose committed data when the write-ahead log restarts.
const OLDEST: i32 = 3_051_003;
/// The version of the table layout.
const FORMAT: i64 = 3;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS sockful_meta (name TEXT PRIMARY KEY, value);
    CREATE TABLE IF NOT EXISTS sockful_resources (name TEXT PRIMARY KEY, description TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS sockful_migrations (name TEXT PRIMARY KEY, sql TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS sockful_log (
        seq INTEGER PRIMARY KEY, tag INTEGER NOT NULL, at INTEGER NOT NULL, start INTEGER NOT NULL,
        entry TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS sockful_completions (
        seq INTEGER PRIMARY KEY, caller TEXT NOT NULL, key BLOB NOT NULL, at INTEGER NOT NULL,
        weight INTEGER NOT NULL, entry TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS sockful_horizons (caller TEXT PRIMARY KEY, at INTEGER NOT NULL);
";

/// Opens the only connection that writes.
pub(super) fn open_writer(path: &Path) -> Result<Connection> {
    if rusqlite::version_number() < OLDEST {
        let message = format!(
            "SQLite {} is too old; 3.51.3 or later is required",
            rusqlite::version()
        );
        return Err(Error::new(ErrorKind::Unavailable, message));
    }
    let open = || {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.set_prepared_statement_cache_capacity(256);
        connection.execute_batch(TABLES)?;
        let format = meta(&connection, "format", FORMAT)?;
        Ok((connection, format))
    };
    let (connection, format) = open().map_err(|error| unopened(path, &error))?;
    if format != FORMAT {
        let message = format!(
            "the store `{}` has format {format}, but this program supports {FORMAT}; open it with the version of sockful that wrote it",
            path.display()
        );
        return Err(Error::new(ErrorKind::Unavailable, message));
    }
    Ok(connection)
}

/// Ensures that data written by a process that died before syncing it is durable: it will be found
/// committed, and must not be reported before it is on the disk.
///
/// A sync is not sufficient. After a failed sync the kernel may have the data in its cache, consider it
/// clean, and drop it at any time; only data that is written again is synced.
pub(super) fn settle_log(path: &Path) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    let log = OpenOptions::new().read(true).write(true).open(&name);
    match log.and_then(|mut log| rewrite(&mut log)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let message = format!("cannot sync the store `{}`: {error}", path.display());
            Err(Error::new(ErrorKind::Unavailable, message))
        }
        _ => Ok(()),
    }
}

fn rewrite(file: &mut File) -> io::Result<()> {
    let mut bytes = vec![0; 1 << 16];
    let mut at = 0;
    loop {
        file.seek(io::SeekFrom::Start(at))?;
        let some = file.read(&mut bytes)?;
        if some == 0 {
            return file.sync_all();
        }
        file.seek(io::SeekFrom::Start(at))?;
        file.write_all(&bytes[..some])?;
        at += some as u64;
    }
}

/// Returns the name of the history in the file.
pub(super) fn epoch(connection: &Connection) -> rusqlite::Result<Box<str>> {
    meta(connection, "epoch", Uuid::now_v7().to_string()).map(Into::into)
}

/// Returns the operator's message if the file cannot be opened.
fn unopened(path: &Path, error: &rusqlite::Error) -> Error {
    let path = path.display();
    let message = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => format!(
            "the store `{path}` is damaged or not a database ({error}); inspect it with `check {path}`, or restore a copy with `restore COPY {path}`"
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!(
                "the store `{path}` is locked by another program, such as `sqlite3`; close that program"
            )
        }
        _ => format!("cannot open the store `{path}`: {error}"),
    };
    Error::new(ErrorKind::Unavailable, message)
}

/// Assigns a number in the file to this start of a server, see [`inspection`](super::inspection).
/// `in_file` is the number in the file without its log.
pub(super) fn begin_run(connection: &Connection, in_file: u32, lock: &FileLock) -> Result<()> {
    let read = || connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0));
    let before = read().map_err(failure)?.cast_unsigned();
    let this = new_run()?;
    // An earlier number reappears if a power failure loses what the last process wrote.
    let mut possible = lock.noted_runs();
    possible.extend([in_file, before, this]);
    possible.sort_unstable();
    possible.dedup();
    lock.note_runs(&possible)?;
    let write = || {
        write_run(connection, this, before)?;
        // The log is not truncated: after a power failure a part of the old one could remain, and undo
        // newer data of the file.
        let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
        connection.query_row(checkpoint, [], |row| {
            Ok(row.get::<_, i64>(1)? == row.get::<_, i64>(2)?)
        })
    };
    let is_in_file = write().map_err(failure)?;
    if is_in_file {
        return lock.note_runs(&[this]);
    }
    // Another process reads the file, which has an earlier number until that is done.
    Ok(())
}

fn new_run() -> Result<u32> {
    let [a, b, c, d, ..] = new_secret()?;
    Ok(u32::from_be_bytes([a, b, c, d]).max(1))
}

fn write_run(connection: &Connection, this: u32, before: u32) -> rusqlite::Result<()> {
    let (this, before) = (this.cast_signed(), before.cast_signed());
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; PRAGMA application_id = {this}; PRAGMA user_version = {before}; COMMIT"
    ))
}

/// Turns a copy into a separate store: with its own history, secret and run.
pub(super) fn renew_copy(connection: &Connection) -> Result<()> {
    renew_history(connection)?;
    write_run(connection, new_run()?, 0).map_err(failure)
}

/// Checks that a database is a store of this version.
///
/// # Errors
///
/// `unavailable` if it is not.
pub(super) fn check_format(connection: &Connection, path: &Path) -> Result<()> {
    let read = "SELECT value FROM sockful_meta WHERE name = 'format'";
    let format = connection.query_row(read, [], |row| row.get::<_, i64>(0));
    match format {
        Ok(FORMAT) => Ok(()),
        Ok(format) => {
            let message = format!(
                "the store `{}` has format {format}, but this program supports {FORMAT}",
                path.display()
            );
            Err(Error::new(ErrorKind::Unavailable, message))
        }
        Err(error) => {
            let message = format!("`{}` is not a sockful store: {error}", path.display());
            Err(Error::new(ErrorKind::Unavailable, message))
        }
    }
}

/// Returns the secret that authenticates positions in the file's history.
pub(super) fn secret(connection: &Connection) -> Result<[u8; 32]> {
    let first = new_secret()?.to_vec();
    let stored = meta(connection, "secret", first).map_err(failure)?;
    let stored: Result<[u8; 32], _> = stored.try_into();
    stored.map_err(|_| Error::internal("the secret in the file has a wrong length"))
}

/// Begins a new history with the current content: positions of the earlier one are invalid.
pub(super) fn renew_history(connection: &Connection) -> Result<()> {
    let write = "INSERT OR REPLACE INTO sockful_meta VALUES ('epoch', ?1), ('secret', ?2)";
    let (epoch, secret) = (Uuid::now_v7().to_string(), new_secret()?);
    let written = connection.execute(write, (epoch, secret));
    written.map(drop).map_err(failure)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Returns the stored value of `name`; stores `first` if there is none.
fn meta<T>(connection: &Connection, name: &str, first: T) -> rusqlite::Result<T>
where
    T: rusqlite::ToSql + rusqlite::types::FromSql,
{
    let read = "SELECT value FROM sockful_meta WHERE name = ?1";
    let stored = connection.query_row(read, [name], |row| row.get(0));
    if let Some(stored) = stored.optional()? {
        return Ok(stored);
    }
    connection.execute("INSERT INTO sockful_meta VALUES (?1, ?2)", (name, &first))?;
    Ok(first)
}
