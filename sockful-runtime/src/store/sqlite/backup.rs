//! Copies of the file while it is in use.

use super::failure::failure;
use super::file::{open_reader, renew_copy};
use crate::core::error::{Error, ErrorKind, Result};
use rusqlite::Connection;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Copies the state of `from` at one moment to `to`, which appears only when it is complete and synced.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let is_there = fs::exists(to).map_err(|error| unwritten(to, &error))?;
    if is_there {
        let message = format!("`{}` already exists", to.display());
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    let partial = partial(to);
    let made = write(from, &partial).and_then(|()| {
        let name = || {
            File::open(&partial)?.sync_all()?;
            fs::rename(&partial, to)?;
            sync_folder(to)
        };
        name().map_err(|error| unwritten(to, &error))
    });
    if made.is_err() {
        // If it cannot be removed either, the original error says why.
        drop(fs::remove_file(&partial));
    }
    made
}

/// Returns the path of the copy while it is incomplete.
pub(super) fn partial(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push("-partial");
    name.into()
}

/// Writes a copy to a file that is incomplete until this returns.
pub(super) fn write(from: &Path, to: &Path) -> Result<()> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritten(to, &error)),
        // An interrupted copy is useless.
        _ => {}
    }
    let name = to.to_str().ok_or_else(|| {
        let message = format!("`{}` is not valid Unicode", to.display());
        Error::new(ErrorKind::Unavailable, message)
    })?;
    let copy = || {
        open_reader(from)?.execute("VACUUM INTO ?1", [name])?;
        Connection::open(to)
    };
    renew_copy(&copy().map_err(failure)?)
}

/// Syncs the folder: a file name is durable only when its folder is.
pub(super) fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

pub(super) fn unwritten(to: &Path, error: &io::Error) -> Error {
    let message = format!("cannot write `{}`: {error}", to.display());
    Error::new(ErrorKind::Unavailable, message)
}
