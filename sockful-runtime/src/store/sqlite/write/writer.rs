//! The writer thread: all commits that wait when it begins are one transaction with one sync.

use super::batch::{Batch, BatchedCommit, CommitJob, Written, refuse};
use super::transaction::{AppliedCommit, BatchTransaction};
use super::wal::{WalBound, checkpoint};
use crate::core::clock::Clock;
use crate::core::error::{Error, Outcome, Result};
use crate::store::commit::{Commit, Rejected};
use crate::store::guard_check;
use crate::store::sqlite::failure::{failure, poisoned, replaced, uncommitted, undone};
use crate::store::sqlite::file_identity::FileWatch;
use crate::store::sqlite::shared_file::SharedFile;
use crate::store::sqlite::tables::idempotency;
use crate::store::sqlite::tables::idempotency::{Gone, Removal};
use crate::store::sqlite::tables::log::{LogEnd, LogLimits};
use crate::store::tags::TagSource;
use rusqlite::Connection;
use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

/// The maximum number of commits in one transaction.
const AT_ONCE: usize = 256;
/// The maximum number of keys that a transaction removes: more than it adds, but few enough to be
/// quick.
const REMOVED_AT_ONCE: usize = 1_024;
/// How long closing waits for readers.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(100);

/// The thread that owns the only write connection.
#[derive(Debug)]
pub(crate) struct WriterThread {
    pub(crate) shared: Arc<SharedFile>,
    pub(crate) connection: Connection,
    pub(crate) clock: Clock,
    /// The limits of the log, and its end.
    pub(crate) limits: LogLimits,
    pub(crate) end: LogEnd,
    pub(crate) gone: Gone,
    /// Whether commits whose outcome was reported as unknown may be found if the process dies now:
    /// until others have overwritten them.
    pub(crate) is_uncertain: bool,
    pub(crate) tags: TagSource,
    pub(crate) files: FileWatch,
    pub(crate) wal: WalBound,
    /// Wakes this thread, which ends when all other senders are dropped.
    pub(crate) jobs: mpsc::WeakSender<CommitJob>,
}

impl WriterThread {
    /// Writes until all senders are dropped.
    pub(crate) fn run(mut self, mut jobs: mpsc::Receiver<CommitJob>) {
        let mut waiting = Vec::with_capacity(AT_ONCE);
        while jobs.blocking_recv_many(&mut waiting, AT_ONCE) > 0 {
            let is_poisoned = self.shared.is_poisoned();
            if is_poisoned || !self.files.is_there() {
                for job in waiting.drain(..) {
                    let error = if is_poisoned {
                        poisoned()
                    } else {
                        self.noted(replaced())
                    };
                    refuse(job.answer, error);
                }
                // The log no longer grows, so reads need not wait.
                self.wal.release(&self.shared.readers);
                continue;
            }
            match self.connection.execute_batch("BEGIN IMMEDIATE") {
                Ok(()) => {
                    let batch = self.take(waiting.drain(..));
                    self.finish(batch);
                }
                Err(error) => {
                    tracing::error!(%error, "cannot begin a write transaction");
                    for job in waiting.drain(..) {
                        refuse(job.answer, self.noted(undone()));
                    }
                }
            }
            // After a failure too: otherwise waiting reads would wait until the next commit.
            self.wal
                .keep(&self.connection, &self.shared.readers, &self.jobs);
        }
        self.close();
    }

    /// Moves all data into the one file, so that it can be moved without its companion files.
    fn close(self) {
        // The last connection to close must be one that may write.
        self.shared.readers.close();
        // A running read may take long.
        if let Err(error) = checkpoint(&self.connection, CLOSE_TIMEOUT) {
            tracing::warn!(%error, "checkpoint failed: commits stay in the write-ahead log");
        }
    }

    /// Applies the commits that can be applied, and answers the others.
    fn take(&mut self, jobs: impl Iterator<Item = CommitJob>) -> Batch {
        let mut batch = Batch {
            at: self.clock.now(),
            end: self.end,
            done: Vec::new(),
        };
        let mut keys = HashSet::new();
        for CommitJob { commit, answer } in jobs {
            if self.connection.is_autocommit() {
                // SQLite has rolled back the transaction with all its commits.
                refuse(answer, self.noted(undone()));
                continue;
            }
            let written = self.take_one(commit, &mut batch, &keys);
            let written = written.map_err(|rejected| match rejected {
                Rejected::Failed(error) => Rejected::Failed(self.noted(error)),
                other => other,
            });
            let key = written.as_ref().ok().and_then(|it| it.key.as_ref());
            keys.extend(key.map(|it| (Arc::clone(&it.caller), it.key)));
            batch.done.push(BatchedCommit { written, answer });
        }
        batch
    }

    fn take_one(
        &self,
        commit: Commit,
        batch: &mut Batch,
        keys: &HashSet<(Arc<str>, Uuid)>,
    ) -> Result<Written, Rejected> {
        if let Some(it) = &commit.idempotency {
            let in_batch = keys.contains(&(Arc::clone(&it.caller), it.key));
            let index = &self.shared.history().idempotency;
            if in_batch || !index.takes(&it.caller, it.key, it.at) {
                return Err(Rejected::Repeated);
            }
        }
        if !commit.guards.is_empty() {
            let since = guard_check::commits_since(&commit.guards, &self.shared.history().recent)?;
            let before = batch.done.iter().filter_map(|it| it.written.as_ref().ok());
            let before = before.map(|it| &it.committed);
            guard_check::check(&commit.guards, since.iter().chain(before))?;
        }
        let run = |sql| {
            let done = self.connection.prepare_cached(sql);
            let done = done.and_then(|mut statement| statement.execute([]));
            done.map_err(|error| Rejected::Failed(failure(error)))
        };
        run("SAVEPOINT one")?;
        let mut end = batch.end;
        let written = self.write(commit, &mut end, batch.at);
        if !self.connection.is_autocommit() {
            let back = match &written {
                Ok(_) => Ok(0),
                Err(_) => run("ROLLBACK TO one"),
            };
            if let Err(failed) = back.and_then(|_| run("RELEASE one")) {
                // The remaining effects must not be committed with the others.
                self.undo();
                return Err(failed);
            }
        }
        if written.is_ok() {
            batch.end = end;
        }
        written
    }

    /// Applies a commit, and stores the entry of its request.
    fn write(&self, commit: Commit, end: &mut LogEnd, at: u64) -> Result<Written, Rejected> {
        let (connection, tables) = (&self.connection, self.shared.tables());
        let seq = end.seq + 1;
        let transaction = BatchTransaction::new(connection, tables);
        let AppliedCommit {
            committed,
            completed,
        } = transaction.take(commit, seq, self.tags.next(seq))?;
        if committed.is_empty() {
            let key = None;
            return Ok(Written { committed, key });
        }
        let appended = end.append(connection, tables, &committed, at);
        appended.map_err(Rejected::Failed)?;
        let key = completed
            .map(|(entry, completed)| idempotency::write(connection, tables, &entry, &completed));
        let key = key.transpose().map_err(Rejected::Failed)?;
        Ok(Written { committed, key })
    }

    /// Rolls back the transaction, if there still is one.
    fn undo(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "transaction rollback failed");
            self.shared.poison();
        }
    }

    /// Syncs the batch, publishes it, and answers the callers.
    fn finish(&mut self, batch: Batch) {
        if self.connection.is_autocommit() {
            return self.refuse_all(batch, undone);
        }
        let removed = self.gone.len().min(REMOVED_AT_ONCE);
        if let Err(error) = self.remove(&batch, removed) {
            self.undo();
            tracing::error!(%error, "cannot remove expired idempotency records");
            return self.refuse_all(batch, undone);
        }
        let has_written = batch.end.seq > self.end.seq;
        if let Err(error) = self.connection.execute_batch("COMMIT") {
            // If everything reached the file but was not synced, a commit may be found if the process
            // dies now. While the process lives, the commit does not exist: the next write overwrites
            // it byte by byte, so that nothing depends on data that the disk may have dropped.
            self.undo();
            tracing::error!(%error, "transaction commit failed");
            let why = uncommitted(&error);
            self.is_uncertain |= why.outcome() == Some(Outcome::Unknown);
            return self.refuse_all(batch, || uncommitted(&error));
        }
        self.is_uncertain &= !has_written;
        self.gone.drain(..removed);
        self.end = batch.end;
        let mut answers = Vec::with_capacity(batch.done.len());
        let mut trimmed = Vec::new();
        let mut history = self.shared.history();
        for BatchedCommit { written, answer } in batch.done {
            let written = written.map(|Written { committed, key }| {
                if !committed.is_empty() {
                    let gone = &mut self.gone;
                    history.publish(Arc::clone(&committed), key, gone, &mut trimmed);
                }
                committed
            });
            answers.push((written, answer));
        }
        let seq = history.recent.head();
        drop(history);
        self.shared.announce(seq);
        for (written, answer) in answers {
            // The caller may have been dropped.
            drop(answer.send(written));
        }
        drop(trimmed);
    }

    /// Removes evicted entries from the file, at most `keys` of the keys.
    fn remove(&self, batch: &Batch, keys: usize) -> rusqlite::Result<()> {
        let removal = Removal::of(self.gone.range(..keys), &self.shared.history().idempotency);
        removal.carry_out(&self.connection)?;
        self.limits.cut(&self.connection, batch.end, batch.at)
    }

    /// Returns the error of a commit that was rolled back. It may be the retry of one whose outcome is
    /// unknown.
    fn noted(&self, error: Error) -> Error {
        if self.is_uncertain {
            error.with_outcome(Outcome::Unknown)
        } else {
            error
        }
    }

    fn refuse_all(&self, batch: Batch, why: impl Fn() -> Error) {
        for BatchedCommit { written, answer } in batch.done {
            let error = match written {
                Err(Rejected::Failed(error)) => error,
                // The reason may be a commit that was rolled back, so it is only certain that this one
                // had no effect.
                Err(_) => undone(),
                Ok(_) => why(),
            };
            refuse(answer, self.noted(error));
        }
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        if thread::panicking() {
            // Callers must not wait for a commit that will never be published.
            self.shared.poison();
        }
        self.wal.release(&self.shared.readers);
    }
}
