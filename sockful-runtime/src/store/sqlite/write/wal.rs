//! Limits the size of the write-ahead log.
//!
//! `SQLite` restarts the log when no reader needs it, which overlapping readers can delay indefinitely.
//! So a checkpoint waits for readers while nothing is written, and if that is not enough, new readers
//! wait for the checkpoint and old ones are ended.

use super::batch::CommitJob;
use crate::store::commit::Commit;
use crate::store::sqlite::file_identity::beside;
use crate::store::sqlite::read::readers::ReaderPool;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, thread};
use tokio::sync::{mpsc, oneshot};

/// How long a checkpoint waits for readers, and how long writes wait for it.
const CHECKPOINT_TIMEOUT: Duration = Duration::from_millis(250);
/// The same while new reads wait, when another checkpoint is tried soon.
const SHORT_CHECKPOINT_TIMEOUT: Duration = Duration::from_millis(25);
/// How long other statements of the writer wait for readers; rusqlite's default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum duration of a read while the log exceeds its capacity.
const OLD: Duration = Duration::from_secs(5);
/// How long new reads wait for earlier ones to end.
const CLOSED: Duration = Duration::from_secs(7);
/// How long new reads do not wait again if waiting did not help: a copy of the whole store may take
/// minutes.
const OPEN: Duration = Duration::from_secs(60);
/// The minimum time between two checkpoints, and the same while new reads wait.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
const SHORT_RETRY_INTERVAL: Duration = Duration::from_millis(50);
/// The minimum ratio of the pause after a failed checkpoint to its duration. Writes wait for
/// checkpoints during at most a tenth of the time, regardless of how long a client reads.
const PAUSE_FACTOR: u32 = 9;

/// Keeps the write-ahead log below its capacity.
#[derive(Debug)]
pub(crate) struct WalBound {
    path: PathBuf,
    /// The size that the log should not exceed. From half of it on checkpoints wait for readers.
    capacity: u64,
    /// The earliest time of the next checkpoint.
    next: Option<Instant>,
    /// The time until which new reads wait; afterwards, the time when they may wait again.
    closed: Option<Instant>,
    open: Option<Instant>,
    /// Whether the excess was logged.
    is_logged: bool,
}

impl WalBound {
    pub(crate) fn new(store: &Path, capacity: usize) -> Self {
        Self {
            path: beside(store, "-wal"),
            capacity: capacity as u64,
            next: None,
            closed: None,
            open: None,
            is_logged: false,
        }
    }

    /// Sets the size to which the log file is truncated when the log restarts.
    pub(crate) fn configure(&self, connection: &Connection) -> rusqlite::Result<()> {
        let limit = i64::try_from(self.capacity / 2).unwrap_or(i64::MAX);
        connection.pragma_update_and_check(None, "journal_size_limit", limit, |_| Ok(()))
    }

    /// Shortens the log if it is too long; called after each transaction. If readers prevent it, an
    /// empty commit wakes the writer to try again.
    pub(crate) fn keep(
        &mut self,
        connection: &Connection,
        readers: &ReaderPool,
        jobs: &mpsc::WeakSender<CommitJob>,
    ) {
        let bytes = self.bytes();
        if bytes < self.capacity / 2 {
            self.release(readers);
            return;
        }
        let now = Instant::now();
        if self.next.is_some_and(|next| now < next) {
            return;
        }
        let is_over = bytes >= self.capacity;
        if is_over {
            readers.end_older_than(OLD);
            self.close(readers, now);
        } else {
            self.release(readers);
        }
        let is_closed = self.closed.is_some();
        let timeout = if is_closed {
            SHORT_CHECKPOINT_TIMEOUT
        } else {
            CHECKPOINT_TIMEOUT
        };
        let begun = Instant::now();
        match checkpoint(connection, timeout) {
            Ok(true) => {
                (self.next, self.open) = (None, None);
                self.release(readers);
                if std::mem::take(&mut self.is_logged) {
                    tracing::info!(
                        bytes = self.bytes(),
                        "write-ahead log is within its limit again"
                    );
                }
                return;
            }
            Ok(false) if is_over && !self.is_logged => {
                self.is_logged = true;
                tracing::warn!(
                    bytes,
                    bound = self.capacity,
                    "write-ahead log exceeds its limit: reads prevent a checkpoint"
                );
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, bytes, "write-ahead log truncation failed"),
        }
        let pause = pause_after(begun.elapsed(), is_closed);
        self.next = Some(Instant::now() + pause);
        if let Err(error) = wake_after(pause, jobs.clone()) {
            tracing::warn!(%error, "cannot spawn the thread that truncates the write-ahead log");
            // If no commit follows, nothing else would allow them to begin.
            self.release(readers);
        }
    }

    /// Allows waiting reads to begin.
    pub(crate) fn release(&mut self, readers: &ReaderPool) {
        if self.closed.take().is_some() {
            readers.open();
        }
    }

    /// Makes new reads wait, up to a maximum time.
    fn close(&mut self, readers: &ReaderPool, now: Instant) {
        match self.closed {
            Some(until) if now < until => {}
            Some(_) => {
                (self.closed, self.open) = (None, Some(now + OPEN));
                readers.open();
            }
            None if self.open.is_some_and(|until| now < until) => {}
            None => {
                (self.closed, self.open) = (Some(now + CLOSED), None);
                readers.close_gate();
            }
        }
    }

    fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}

/// Copies the log into the file and truncates it; returns `false` if readers still need it.
pub(super) fn checkpoint(connection: &Connection, timeout: Duration) -> rusqlite::Result<bool> {
    connection.busy_timeout(timeout)?;
    let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
    let is_busy = connection.query_row(truncate, [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(DEFAULT_TIMEOUT)?;
    is_busy.map(|is_busy| !is_busy)
}

/// Returns the pause after a checkpoint that failed and `took` this long.
fn pause_after(took: Duration, is_closed: bool) -> Duration {
    let least = if is_closed {
        SHORT_RETRY_INTERVAL
    } else {
        RETRY_INTERVAL
    };
    least.max(took.saturating_mul(PAUSE_FACTOR))
}

fn wake_after(pause: Duration, jobs: mpsc::WeakSender<CommitJob>) -> io::Result<()> {
    let wake = move || {
        thread::sleep(pause);
        if let Some(jobs) = jobs.upgrade() {
            let (answer, _) = oneshot::channel();
            let commit = Commit::default();
            // If the queue is full, the next commit has the same effect.
            let _ = jobs.try_send(CommitJob { commit, answer });
        }
    };
    let thread = thread::Builder::new().name("sockful-wal".to_owned());
    thread.spawn(wake).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_checkpoints_take_a_tenth_of_the_time() {
        for (took, is_closed) in [
            (CHECKPOINT_TIMEOUT, false),
            (SHORT_CHECKPOINT_TIMEOUT, true),
            (Duration::from_secs(20), true),
            (Duration::ZERO, false),
        ] {
            let pause = pause_after(took, is_closed);
            assert!(took * 10 <= took + pause, "{took:?} {pause:?}");
            assert!(pause >= SHORT_RETRY_INTERVAL, "{pause:?}");
        }
    }
}
