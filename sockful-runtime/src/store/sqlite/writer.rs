//! The thread that writes: whatever waits when it begins is one transaction, and is waited for once.

use super::completions::{self, Gone};
use super::failure::{failure, poisoned, undone};
use super::log::{End, Limits};
use super::shared::Shared;
use super::transaction::{Taken, Transaction};
use crate::clock::Clock;
use crate::commit::{Commit, Committed, Rejected};
use crate::error::{Error, Result};
use crate::store::completions::Entry;
use rusqlite::Connection;
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::thread;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// How many commits one transaction takes.
const AT_ONCE: usize = 256;

/// A commit that waits to be taken, and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) commit: Commit,
    pub(super) answer: Answer,
}

/// Owns the one connection that writes.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) connection: Connection,
    pub(super) clock: Clock,
    /// How much of the log is kept, and where it ends.
    pub(super) limits: Limits,
    pub(super) end: End,
    pub(super) gone: Gone,
    /// Makes the tags, which nobody outside can foretell.
    pub(super) tags: RandomState,
}

/// Commits of one transaction.
struct Batch {
    /// When they are committed, in milliseconds since 1970.
    at: u64,
    /// Where the log ends behind them.
    end: End,
    done: Vec<Done>,
}

/// A commit that was carried out, the request that made it, and who waits for it.
struct Done {
    committed: Arc<Committed>,
    key: Option<Entry<u64>>,
    answer: Answer,
}

type Answer = oneshot::Sender<Result<Arc<Committed>, Rejected>>;

impl Writer {
    /// Writes until nobody can ask for it any more.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting = Vec::with_capacity(AT_ONCE);
        while jobs.blocking_recv_many(&mut waiting, AT_ONCE) > 0 {
            if self.shared.is_poisoned() {
                waiting
                    .drain(..)
                    .for_each(|job| refuse(job.answer, poisoned()));
                continue;
            }
            if let Err(error) = self.connection.execute_batch("BEGIN IMMEDIATE") {
                tracing::error!(%error, "the store can't begin to write");
                waiting
                    .drain(..)
                    .for_each(|job| refuse(job.answer, undone()));
                continue;
            }
            let batch = self.take(waiting.drain(..));
            self.finish(batch);
        }
        self.close();
    }

    /// Leaves all that is stored in the one file, so that it can be moved without what belongs to it.
    fn close(self) {
        // The last to close must be one who may write.
        self.shared.readers.close();
        let all = "PRAGMA wal_checkpoint(TRUNCATE)";
        if let Err(error) = self.connection.query_row(all, [], |_| Ok(())) {
            tracing::warn!(%error, "what is stored stays in the write-ahead log");
        }
    }

    /// Carries out what can be, and answers what can't.
    fn take(&mut self, jobs: impl Iterator<Item = Job>) -> Batch {
        let mut batch = Batch {
            at: self.clock.now(),
            end: self.end,
            done: Vec::new(),
        };
        let mut keys = HashSet::new();
        for Job { commit, answer } in jobs {
            if self.connection.is_autocommit() {
                // SQLite has given the transaction up, and all of it with it.
                refuse(answer, undone());
                continue;
            }
            match self.take_one(commit, &mut batch, &keys) {
                Ok((committed, key)) => {
                    keys.extend(key.iter().map(|it| (Arc::clone(&it.caller), it.key)));
                    batch.done.push(Done {
                        committed,
                        key,
                        answer,
                    });
                }
                // Whoever asked may have gone.
                Err(rejected) => drop(answer.send(Err(rejected))),
            }
        }
        batch
    }

    fn take_one(
        &self,
        commit: Commit,
        batch: &mut Batch,
        keys: &HashSet<(Arc<str>, Uuid)>,
    ) -> Result<(Arc<Committed>, Option<Entry<u64>>), Rejected> {
        if let Some(it) = &commit.completion
            && (keys.contains(&(Arc::clone(&it.caller), it.key))
                || !self.shared.history().completions.takes(&it.caller, it.key))
        {
            return Err(Rejected::Repeated);
        }
        let run = |sql| {
            let done = self.connection.execute_batch(sql).map_err(failure);
            done.map_err(Rejected::Failed)
        };
        run("SAVEPOINT one")?;
        let mut end = batch.end;
        let written = self.write(commit, &mut end, batch.at);
        if written.is_err() && !self.connection.is_autocommit() {
            run("ROLLBACK TO one")?;
        }
        if !self.connection.is_autocommit() {
            run("RELEASE one")?;
        }
        if written.is_ok() {
            batch.end = end;
        }
        written
    }

    /// Carries out a commit, and writes down what is remembered of it.
    fn write(
        &self,
        commit: Commit,
        end: &mut End,
        at: u64,
    ) -> Result<(Arc<Committed>, Option<Entry<u64>>), Rejected> {
        let (connection, tables) = (&self.connection, self.shared.tables());
        let seq = end.seq + 1;
        let transaction = Transaction { connection, tables };
        let Taken {
            committed,
            completion,
        } = transaction.take(commit, seq, self.tags.hash_one(seq))?;
        if committed.is_empty() {
            return Ok((committed, None));
        }
        let appended = end.append(connection, tables, &committed, at);
        appended.map_err(Rejected::Failed)?;
        let key = completion.map(|(completion, completed)| {
            completions::write(connection, tables, &completion, &completed)
        });
        Ok((committed, key.transpose().map_err(Rejected::Failed)?))
    }

    /// Makes it last, shows it to everybody, and answers.
    fn finish(&mut self, batch: Batch) {
        if self.connection.is_autocommit() {
            return refuse_all(batch, undone);
        }
        let removed = self.remove(&batch);
        let committed = removed.and_then(|()| self.connection.execute_batch("COMMIT"));
        if let Err(error) = committed {
            tracing::error!(%error, "the store failed while it committed");
            self.shared.poison();
            return refuse_all(batch, poisoned);
        }
        self.end = batch.end;
        self.gone = Gone::default();
        let mut answers = Vec::with_capacity(batch.done.len());
        let mut trimmed = Vec::new();
        let mut history = self.shared.history();
        for it in batch.done {
            answers.push((Arc::clone(&it.committed), it.answer));
            if !it.committed.is_empty() {
                trimmed.extend(history.publish(it.committed, it.key, &mut self.gone));
            }
        }
        let seq = history.seq;
        drop(history);
        self.shared.announce(seq);
        for (committed, answer) in answers {
            // Whoever asked may have gone.
            drop(answer.send(Ok(committed)));
        }
        drop(trimmed);
    }

    /// Removes what there is no more room for.
    fn remove(&self, batch: &Batch) -> rusqlite::Result<()> {
        completions::remove(
            &self.connection,
            &self.gone,
            &self.shared.history().completions,
        )?;
        self.limits.cut(&self.connection, batch.end, batch.at)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if thread::panicking() {
            // Nobody waits for what it will never publish.
            self.shared.poison();
        }
    }
}

fn refuse_all(batch: Batch, why: fn() -> Error) {
    for it in batch.done {
        refuse(it.answer, why());
    }
}

fn refuse(answer: Answer, error: Error) {
    // Whoever asked may have gone.
    drop(answer.send(Err(Rejected::Failed(error))));
}
