//! The thread that writes: whatever waits when it begins is one transaction, and is waited for once.

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

/// How many commits one transaction takes.
const AT_ONCE: usize = 256;
/// How many keys it removes at most: more than it adds, and few enough that nobody waits for it.
const REMOVED_AT_ONCE: usize = 1_024;
/// How long it waits for readers when it closes.
const LAST_PATIENCE: Duration = Duration::from_millis(100);

/// Owns the one connection that writes.
#[derive(Debug)]
pub(crate) struct WriterThread {
    pub(crate) shared: Arc<SharedFile>,
    pub(crate) connection: Connection,
    pub(crate) clock: Clock,
    /// How much of the log is kept, and where it ends.
    pub(crate) limits: LogLimits,
    pub(crate) end: LogEnd,
    pub(crate) gone: Gone,
    /// Whether a process that dies now may leave commits to be found that were said to be unknown: until
    /// others have taken their place.
    pub(crate) is_uncertain: bool,
    pub(crate) tags: TagSource,
    pub(crate) files: FileWatch,
    pub(crate) wal: WalBound,
    /// Wakes this thread, which ends when the others are gone.
    pub(crate) jobs: mpsc::WeakSender<CommitJob>,
}

impl WriterThread {
    /// Writes until nobody can ask for it any more.
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
                // The log no longer grows, so reads have nothing to wait for.
                self.wal.release(&self.shared.readers);
                continue;
            }
            match self.connection.execute_batch("BEGIN IMMEDIATE") {
                Ok(()) => {
                    let batch = self.take(waiting.drain(..));
                    self.finish(batch);
                }
                Err(error) => {
                    tracing::error!(%error, "the store can't begin to write");
                    for job in waiting.drain(..) {
                        refuse(job.answer, self.noted(undone()));
                    }
                }
            }
            // After a failure too: reads that wait would otherwise wait until the next commit.
            self.wal
                .keep(&self.connection, &self.shared.readers, &self.jobs);
        }
        self.close();
    }

    /// Leaves all that is stored in the one file, so that it can be moved without what belongs to it.
    fn close(self) {
        // The last to close must be one who may write.
        self.shared.readers.close();
        // A read that has not ended may take long.
        if let Err(error) = checkpoint(&self.connection, LAST_PATIENCE) {
            tracing::warn!(%error, "what is stored stays in the write-ahead log");
        }
    }

    /// Carries out what can be, and answers what can't.
    fn take(&mut self, jobs: impl Iterator<Item = CommitJob>) -> Batch {
        let mut batch = Batch {
            at: self.clock.now(),
            end: self.end,
            done: Vec::new(),
        };
        let mut keys = HashSet::new();
        for CommitJob { commit, answer } in jobs {
            if self.connection.is_autocommit() {
                // SQLite has given the transaction up, and all of it with it.
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
                // What is left of it must not go with the others.
                self.undo();
                return Err(failed);
            }
        }
        if written.is_ok() {
            batch.end = end;
        }
        written
    }

    /// Carries out a commit, and writes down what is remembered of it.
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

    /// Takes back all that the transaction has done, if there still is one.
    fn undo(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "the store can't undo what it has begun");
            self.shared.poison();
        }
    }

    /// Makes it last, shows it to everybody, and answers.
    fn finish(&mut self, batch: Batch) {
        if self.connection.is_autocommit() {
            return self.refuse_all(batch, undone);
        }
        let removed = self.gone.len().min(REMOVED_AT_ONCE);
        if let Err(error) = self.remove(&batch, removed) {
            self.undo();
            tracing::error!(%error, "the store can't remove what there is no room for");
            return self.refuse_all(batch, undone);
        }
        let has_written = batch.end.seq > self.end.seq;
        if let Err(error) = self.connection.execute_batch("COMMIT") {
            // Where all of it reached the file but was not synced, a process that dies now leaves a
            // commit to be found. While this one lives it is none: what is written next takes its place,
            // byte for byte, so that nothing stands upon what the disk may have dropped.
            self.undo();
            tracing::error!(%error, "the store failed while it committed");
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
            // Whoever asked may have gone.
            drop(answer.send(written));
        }
        drop(trimmed);
    }

    /// Removes what there is no more room for, of the keys so many.
    fn remove(&self, batch: &Batch, keys: usize) -> rusqlite::Result<()> {
        let removal = Removal::of(self.gone.range(..keys), &self.shared.history().idempotency);
        removal.carry_out(&self.connection)?;
        self.limits.cut(&self.connection, batch.end, batch.at)
    }

    /// What is said of a commit that was undone. A retry of one whose outcome is unknown may be among
    /// them.
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
                // It was on account of what is undone, perhaps, so nothing is sure but that it had no effect.
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
            // Nobody waits for what it will never publish.
            self.shared.poison();
        }
        self.wal.release(&self.shared.readers);
    }
}
