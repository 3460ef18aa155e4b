//! Bounds the write-ahead log.
//!
//! `SQLite` begins the log again from its start when no reader needs it, which overlapping readers can
//! delay for ever. So a checkpoint waits for readers while nothing is written, and if that is not
//! enough, new readers wait for the checkpoint and old ones are ended.

use super::batch::CommitJob;
use crate::store::commit::Commit;
use crate::store::sqlite::file_identity::beside;
use crate::store::sqlite::read::readers::ReaderPool;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, thread};
use tokio::sync::{mpsc, oneshot};

/// How long a checkpoint waits for readers, and writes for it.
const PATIENCE: Duration = Duration::from_millis(250);
/// The same while new reads wait, when another checkpoint is tried soon.
const SHORT_PATIENCE: Duration = Duration::from_millis(25);
/// How long other statements of the writer wait for readers, as rusqlite has it.
const USUAL_PATIENCE: Duration = Duration::from_secs(5);
/// How long a read may take while the log is above its bound.
const OLD: Duration = Duration::from_secs(5);
/// How long new reads wait for those before them to end.
const CLOSED: Duration = Duration::from_secs(7);
/// How long they do not, if it was to no avail: a copy of the whole store may take minutes.
const OPEN: Duration = Duration::from_secs(60);
/// After what time another checkpoint is tried at the earliest; and while new reads wait.
const AGAIN: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_millis(50);
/// How many times as long as a failed checkpoint the pause after it is at least. Writes wait for
/// checkpoints during no more than a tenth of the time, however long a client keeps reading.
const PAUSE_FACTOR: u32 = 9;

/// Keeps the write-ahead log below a size.
#[derive(Debug)]
pub(crate) struct WalBound {
    path: PathBuf,
    /// The size that it should never have. At half of it checkpoints begin to wait for readers.
    capacity: u64,
    /// When the next checkpoint may be tried.
    next: Option<Instant>,
    /// Until when new reads wait; after that, when they may wait again.
    closed: Option<Instant>,
    open: Option<Instant>,
    /// Whether the operator knows that it is above its bound.
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

    /// Sets to which size the file is cut when the log begins again from its start.
    pub(crate) fn configure(&self, connection: &Connection) -> rusqlite::Result<()> {
        let limit = i64::try_from(self.capacity / 2).unwrap_or(i64::MAX);
        connection.pragma_update_and_check(None, "journal_size_limit", limit, |_| Ok(()))
    }

    /// Shortens the log if it is too long; called after each transaction. If readers prevent it, the
    /// writer is woken by an empty commit to try again.
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
        let patience = if is_closed { SHORT_PATIENCE } else { PATIENCE };
        let begun = Instant::now();
        match checkpoint(connection, patience) {
            Ok(true) => {
                (self.next, self.open) = (None, None);
                self.release(readers);
                if std::mem::take(&mut self.is_logged) {
                    tracing::info!(bytes = self.bytes(), "write-ahead log is within its bound");
                }
                return;
            }
            Ok(false) if is_over && !self.is_logged => {
                self.is_logged = true;
                tracing::warn!(
                    bytes,
                    bound = self.capacity,
                    "write-ahead log exceeds its bound: reads prevent a checkpoint"
                );
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, bytes, "write-ahead log can't be shortened"),
        }
        let pause = pause_after(begun.elapsed(), is_closed);
        self.next = Some(Instant::now() + pause);
        if let Err(error) = wake_after(pause, jobs.clone()) {
            tracing::warn!(%error, "no thread to shorten the write-ahead log");
            // If no commit follows, nothing else would let them begin.
            self.release(readers);
        }
    }

    /// Lets new reads begin if they wait.
    pub(crate) fn release(&mut self, readers: &ReaderPool) {
        if self.closed.take().is_some() {
            readers.open();
        }
    }

    /// Lets new reads wait, but not for ever.
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

/// Copies the log into the store and cuts it to nothing; `false` if readers still need it.
pub(super) fn checkpoint(connection: &Connection, patience: Duration) -> rusqlite::Result<bool> {
    connection.busy_timeout(patience)?;
    let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
    let is_busy = connection.query_row(truncate, [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(USUAL_PATIENCE)?;
    is_busy.map(|is_busy| !is_busy)
}

/// How long no checkpoint is tried after one that failed and `took` this long.
fn pause_after(took: Duration, is_closed: bool) -> Duration {
    let least = if is_closed { SOON } else { AGAIN };
    least.max(took.saturating_mul(PAUSE_FACTOR))
}

fn wake_after(pause: Duration, jobs: mpsc::WeakSender<CommitJob>) -> io::Result<()> {
    let wake = move || {
        thread::sleep(pause);
        if let Some(jobs) = jobs.upgrade() {
            let (answer, _) = oneshot::channel();
            let commit = Commit::default();
            // The next commit does as well, and a full queue has one.
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
            (PATIENCE, false),
            (SHORT_PATIENCE, true),
            (Duration::from_secs(20), true),
            (Duration::ZERO, false),
        ] {
            let pause = pause_after(took, is_closed);
            assert!(took * 10 <= took + pause, "{took:?} {pause:?}");
            assert!(pause >= SOON, "{pause:?}");
        }
    }
}
