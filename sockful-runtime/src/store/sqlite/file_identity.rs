//! Identifies the file behind a path, and detects its replacement.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Identifies a file independently of its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileIdentity {
    device: u64,
    inode: u64,
}

impl FileIdentity {
    /// Returns the identity of the file at a path; `None` if there is none, or if the system does not
    /// report it.
    ///
    /// The file is not opened: closing a second descriptor would release the locks of `SQLite` on it.
    pub(super) fn of(path: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Self::from_metadata(&metadata)),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
                _ => Err(error),
            },
        }
    }

    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "other systems do not report it")]
    fn from_metadata(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }

    #[cfg(not(unix))]
    fn from_metadata(_: &Metadata) -> Option<Self> {
        None
    }
}

/// Returns whether a path leads to the file that was opened, as far as the system reports it.
pub(super) fn is_same(path: &Path, opened: Option<FileIdentity>) -> bool {
    // A folder that cannot be read provides no information about the file.
    opened.is_none() || FileIdentity::of(path).map_or(true, |now| now == opened)
}

/// Returns the number of names of a file; 1 if it does not exist, or if the system does not report it.
pub(super) fn names(path: &Path) -> u64 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).map_or(1, |metadata| metadata.nlink())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        1
    }
}

/// Detects when the file of an open store, or its write-ahead log, is removed or replaced. Later writes
/// to it would be lost.
#[derive(Debug)]
pub(super) struct FileWatch {
    path: PathBuf,
    wal: PathBuf,
    opened: Option<FileIdentity>,
    /// Set when the log exists for the first time.
    opened_wal: Option<FileIdentity>,
    /// Whether the files existed at the last check.
    is_there: bool,
}

impl FileWatch {
    /// Returns the identity of the file itself.
    pub(super) fn opened(&self) -> Option<FileIdentity> {
        self.opened
    }

    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        let wal = beside(path, "-wal");
        Ok(Self {
            opened: FileIdentity::of(path)?,
            opened_wal: FileIdentity::of(&wal)?,
            path: path.to_owned(),
            wal,
            is_there: true,
        })
    }

    /// Returns whether both files are still in place. Logs when this changes.
    pub(super) fn is_there(&mut self) -> bool {
        if self.opened_wal.is_none() {
            self.opened_wal = FileIdentity::of(&self.wal).ok().flatten();
        }
        let missing = [(&self.path, self.opened), (&self.wal, self.opened_wal)];
        let missing = missing
            .iter()
            .find(|(path, opened)| !is_same(path, *opened));
        match (missing, self.is_there) {
            (Some((path, _)), true) => {
                let path = path.display();
                tracing::error!(%path, "the store's file was removed or replaced while open: writes are rejected until it is back at its path; otherwise restart the server with the right file or a copy");
            }
            (None, false) => {
                tracing::warn!(path = %self.path.display(), "the store's file is back: writes continue");
            }
            _ => {}
        }
        self.is_there = missing.is_none();
        self.is_there
    }
}

/// Returns the path of a file that belongs to another one.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
