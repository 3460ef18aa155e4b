//! Replaces a store by a copy.

use super::backup::{partial, sync_folder, unwritten, write};
use super::failure::failure;
use super::file::{check_format, open_reader};
use super::file_identity::beside;
use super::file_lock::{ReplacementLock, resolved};
use super::inspection;
use crate::core::error::{Error, ErrorKind, Result};
use rusqlite::Connection;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Replaces the store `to`, which no server may have open, by the content of the copy `from`. Returns
/// the new path of the replaced file, if there was one.
///
/// The copy is checked before anything is replaced, and stays unchanged. The restored store begins a
/// new history, so that clients which were ahead of the copy receive all records again.
///
/// # Errors
///
/// `unavailable` if a server has the store open, or if the copy is damaged or not a store; then nothing
/// was replaced.
pub(crate) fn restore(from: &Path, to: &Path) -> Result<Option<PathBuf>> {
    let to = resolved(to);
    let is_same = from.canonicalize().is_ok_and(|from| from == to);
    if is_same {
        let message = format!("`{}` is the store itself, not a copy", from.display());
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    let file = File::open(from).map_err(|error| {
        let message = format!("cannot read the copy `{}`: {error}", from.display());
        Error::new(ErrorKind::Unavailable, message)
    })?;
    inspection::inspect(from, &file, &[])?;
    drop(file);
    let lock = ReplacementLock::take(&to)?;
    check_format(&open_reader(from).map_err(failure)?, from)?;
    let partial = partial(&to);
    let replaced = write(from, &partial)
        .and_then(|()| check_pages(from, &partial))
        .and_then(|()| {
            let replaced = replace(&partial, &to).and_then(|replaced| {
                lock.forget_run()?;
                Ok(replaced)
            });
            replaced.map_err(|error| unwritten(&to, &error))
        });
    if replaced.is_err() {
        // If this fails too, the error that led here matters more.
        drop(fs::remove_file(&partial));
    }
    replaced
}

fn check_pages(from: &Path, partial: &Path) -> Result<()> {
    let check = || {
        let connection = Connection::open(partial)?;
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
    };
    let verdict = check().map_err(failure)?;
    if verdict == "ok" {
        return Ok(());
    }
    let message = format!("the copy `{}` is damaged: {verdict}", from.display());
    Err(Error::new(ErrorKind::Unavailable, message))
}

/// Moves the old file and its log away and the new file to the path, at which a file always exists.
fn replace(partial: &Path, to: &Path) -> io::Result<Option<PathBuf>> {
    File::open(partial)?.sync_all()?;
    let replaced = beside(to, "-replaced");
    let is_there = fs::exists(to)?;
    for old in [replaced.clone(), beside(&replaced, "-wal")] {
        remove(&old)?;
    }
    if is_there && fs::hard_link(to, &replaced).is_err() {
        // Not every file system supports hard links.
        fs::rename(to, &replaced)?;
    }
    let wal = beside(to, "-wal");
    if fs::exists(&wal)? {
        fs::rename(&wal, beside(&replaced, "-wal"))?;
    }
    remove(&beside(to, "-shm"))?;
    fs::rename(partial, to)?;
    sync_folder(to)?;
    Ok(is_there.then_some(replaced))
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
