//! The lock of the file: one process at a time opens it.

use crate::core::error::{Error, ErrorKind, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// Returns the path without symbolic links, so that the same file has the same lock under each of its
/// names.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let whole = path.canonicalize().or_else(|_| {
        // It is yet to be made.
        let name = path.file_name().unwrap_or_default();
        folder.canonicalize().map(|folder| folder.join(name))
    });
    // Where even its folder is not there, opening it says so.
    whole.unwrap_or_else(|_| path.to_owned())
}

/// Keeps other processes from opening the file until it is dropped.
#[derive(Debug)]
pub(super) struct FileLock(#[expect(dead_code, reason = "the lock ends with it")] File);

impl FileLock {
    pub(super) fn take(path: &Path) -> Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push("-lock");
        let name = PathBuf::from(name);
        let unavailable = |why: String| {
            let message = format!("the store `{}` {why}", path.display());
            Error::new(ErrorKind::Unavailable, message)
        };
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(&name);
        let file = file.map_err(|error| unavailable(format!("can't be locked: {error}")))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                Err(unavailable("is open in another process".to_owned()))
            }
            Err(TryLockError::Error(error)) => {
                Err(unavailable(format!("can't be locked: {error}")))
            }
        }
    }
}
