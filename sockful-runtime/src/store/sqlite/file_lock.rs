//! The lock of the file, which only one process may open.

use super::file_identity::{FileIdentity, beside, names};
use crate::core::error::{Error, ErrorKind, Result};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Returns the path without symbolic links, so that the same file has the same lock under each of its
/// names.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let whole = path.canonicalize().or_else(|_| {
        // The file does not exist yet.
        let name = path.file_name().unwrap_or_default();
        folder.canonicalize().map(|folder| folder.join(name))
    });
    // If even its folder does not exist, opening it reports this.
    whole.unwrap_or_else(|_| path.to_owned())
}

/// Prevents other processes from opening the file until it is dropped.
///
/// The file next to the store is locked, and on Unix the store itself, which may have more than one
/// path. Its descriptor is closed only after `SQLite` has closed its own, because closing any
/// descriptor of a file releases the locks that the process has on it.
#[derive(Debug)]
pub(super) struct FileLock {
    path: PathBuf,
    beside: File,
    data: File,
    registered: Option<FileIdentity>,
}

/// The files that this process has open, by any path.
static OPEN: Mutex<BTreeSet<FileIdentity>> = Mutex::new(BTreeSet::new());

/// The maximum size of a note of runs in bytes. A longer one is not read.
const MAX_NOTE: u64 = 9 * 1_024;
/// How often a lock is tried while another process may release it.
const RETRY_DELAY: Duration = Duration::from_millis(50);

impl FileLock {
    /// Locks the file, which is created if it does not exist. Waits at most `wait` for another process
    /// that holds the lock.
    pub(super) fn take(path: &Path, wait: Duration) -> Result<Self> {
        let deadline = Instant::now() + wait;
        let beside = lock_beside(path, deadline)?;
        check_names(path)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let (data, registered) = lock_data(path, &options, deadline)?;
        Ok(Self {
            path: path.to_owned(),
            beside,
            data,
            registered,
        })
    }

    /// Returns the file itself. It must not be opened a second time.
    pub(super) fn data(&self) -> &File {
        &self.data
    }

    /// Returns the noted runs; none if there is no note, or if it is damaged.
    pub(super) fn noted_runs(&self) -> Vec<u32> {
        let mut text = String::new();
        let mut file = &self.beside;
        let read = file.seek(SeekFrom::Start(0));
        let read = read.and_then(|_| file.take(MAX_NOTE + 1).read_to_string(&mut text));
        let run = |line: &str| {
            let digits = line.strip_suffix('\n').filter(|it| it.len() == 8)?;
            u32::from_str_radix(digits, 16).ok()
        };
        let runs = text.split_inclusive('\n').map(run).collect::<Option<_>>();
        read.ok().and(runs).unwrap_or_default()
    }

    /// Notes the runs that the file and its log may have.
    pub(super) fn note_runs(&self, runs: &[u32]) -> Result<()> {
        note_runs(&self.beside, runs).map_err(|error| {
            let message = format!(
                "the lock file of the store `{}` {error}",
                self.path.display()
            );
            Error::new(ErrorKind::Unavailable, message)
        })
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // While a child process is being started, it holds copies of the descriptors for a moment, and
        // with them a lock that is not released by itself.
        for file in [&self.data, &self.beside] {
            if let Err(error) = file.unlock() {
                let path = self.path.display();
                tracing::debug!(%path, %error, "store lock not released");
            }
        }
        if let Some(registered) = self.registered {
            open_files().remove(&registered);
        }
    }
}

fn open_files() -> MutexGuard<'static, BTreeSet<FileIdentity>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note_runs(mut file: &File, runs: &[u32]) -> io::Result<()> {
    let mut text = Vec::new();
    for run in runs {
        writeln!(text, "{run:08x}")?;
    }
    file.seek(SeekFrom::Start(0))?;
    // If the process dies here, the rest of the earlier note are runs that the file may have.
    file.write_all(&text)?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}

/// Prevents servers from opening a file that is about to be replaced.
#[derive(Debug)]
pub(super) struct ReplacementLock {
    beside: File,
    _data: Option<File>,
}

impl ReplacementLock {
    pub(super) fn take(path: &Path) -> Result<Self> {
        let now = Instant::now();
        let beside = lock_beside(path, now)?;
        let is_there = fs::exists(path).unwrap_or(true);
        let data = is_there.then(|| -> Result<File> {
            let (data, registered) = lock_data(path, OpenOptions::new().read(true), now)?;
            registered.map(|registered| open_files().remove(&registered));
            Ok(data)
        });
        Ok(Self {
            beside,
            _data: data.transpose()?,
        })
    }

    /// Records that the file was replaced.
    pub(super) fn forget_run(&self) -> io::Result<()> {
        note_runs(&self.beside, &[])
    }
}

fn lock_beside(path: &Path, deadline: Instant) -> Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    let file = options.open(beside(path, "-lock"));
    let file = file.map_err(|error| unavailable(path, &format!("can't be locked: {error}")))?;
    lock(path, &file, deadline)?;
    Ok(file)
}

/// Locks the file itself, so that it cannot be opened by another path.
fn lock_data(
    path: &Path,
    options: &OpenOptions,
    deadline: Instant,
) -> Result<(File, Option<FileIdentity>)> {
    let unopened = |error: io::Error| unavailable(path, &format!("can't be opened: {error}"));
    // A descriptor of a file that this process has open must neither be opened again nor closed.
    let mut open = open_files();
    let known = FileIdentity::of(path).map_err(unopened)?;
    if known.is_some_and(|known| open.contains(&known)) {
        let why = "is open in this process under another path";
        return Err(unavailable(path, why));
    }
    let file = options.open(path).map_err(unopened)?;
    let identity = FileIdentity::of(path).map_err(unopened)?;
    open.extend(identity);
    drop(open);
    // On other systems such a lock would exclude SQLite itself.
    let locked = if cfg!(unix) {
        lock(path, &file, deadline)
    } else {
        Ok(())
    };
    if locked.is_err() {
        identity.map(|identity| open_files().remove(&identity));
    }
    locked.map(|()| (file, identity))
}

fn lock(path: &Path, file: &File, deadline: Instant) -> Result<()> {
    let mut has_waited = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                if !has_waited {
                    let path = path.display();
                    tracing::info!(%path, "waiting for another process to close the store");
                }
                has_waited = true;
                thread::sleep(RETRY_DELAY);
            }
            Err(TryLockError::WouldBlock) => {
                let why = "is open in another process; stop that process, or wait for it with `Sqlite::open_waiting`";
                return Err(unavailable(path, why));
            }
            Err(TryLockError::Error(error)) => {
                return Err(unavailable(path, &format!("can't be locked: {error}")));
            }
        }
    }
}

/// Rejects a file with more than one name: each name would have its own log.
fn check_names(path: &Path) -> Result<()> {
    let names = names(path);
    if names <= 1 {
        return Ok(());
    }
    let why = format!(
        "has {names} hard links, each with a separate write-ahead log, so commits would be lost; remove the other links, or open a copy"
    );
    Err(unavailable(path, &why))
}

fn unavailable(path: &Path, why: &str) -> Error {
    let message = format!("the store `{}` {why}", path.display());
    Error::new(ErrorKind::Unavailable, message)
}
