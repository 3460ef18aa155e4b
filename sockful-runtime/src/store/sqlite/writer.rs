//! The thread that writes: whatever waits when it begins is one transaction, and is waited for once.

use super::failure::{failure, poisoned, undone};
use super::history::{self, Gone};
use super::shared::Shared;
use super::transaction::{Taken, Transaction};
use crate::commit::{Commit, Committed, Rejected};
use crate::error::{Error, Result};
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
    pub(super) answer: oneshot::Sender<Result<Arc<Committed>, Rejected>>,
}

/// Owns the one connection that writes.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) connection: Connection,
    pub(super) gone: Gone,
    /// Makes the tags, which nobody outside can foretell.
    pub(super) tags: RandomState,
}

/// Commits of one transaction, and who waits for each.
type Batch = Vec<(Taken, oneshot::Sender<Result<Arc<Committed>, Rejected>>)>;

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
    }

    /// Carries out what can be, and answers what can't.
    fn take(&mut self, jobs: impl Iterator<Item = Job>) -> Batch {
        let mut batch = Batch::new();
        let mut keys = HashSet::new();
        let mut seq = self.shared.history().seq;
        for Job { commit, answer } in jobs {
            if self.connection.is_autocommit() {
                // SQLite has given the transaction up, and all of it with it.
                refuse(answer, undone());
                continue;
            }
            let key = commit.completion.as_ref();
            let key = key.map(|it| (Arc::clone(&it.caller), it.key));
            match self.take_one(commit, seq + 1, &keys) {
                Ok(taken) => {
                    if !taken.committed.is_empty() {
                        seq += 1;
                        keys.extend(key);
                    }
                    batch.push((taken, answer));
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
        seq: u64,
        keys: &HashSet<(Arc<str>, Uuid)>,
    ) -> Result<Taken, Rejected> {
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
        let transaction = Transaction {
            connection: &self.connection,
            tables: self.shared.tables(),
        };
        let taken = transaction
            .take(commit, seq, self.tags.hash_one(seq))
            .and_then(|taken| {
                if !taken.committed.is_empty() {
                    history::write(&self.connection, self.shared.tables(), &taken)
                        .map_err(Rejected::Failed)?;
                }
                Ok(taken)
            });
        if taken.is_err() && !self.connection.is_autocommit() {
            run("ROLLBACK TO one")?;
        }
        if !self.connection.is_autocommit() {
            run("RELEASE one")?;
        }
        taken
    }

    /// Makes it last, shows it to everybody, and answers.
    fn finish(&mut self, batch: Batch) {
        if self.connection.is_autocommit() {
            let answers = batch.into_iter().map(|(_, answer)| answer);
            return answers.for_each(|answer| refuse(answer, undone()));
        }
        let removed = {
            let history = self.shared.history();
            self.gone.remove(&self.connection, &history.completions)
        };
        let committed = removed.and_then(|()| self.connection.execute_batch("COMMIT"));
        if let Err(error) = committed {
            tracing::error!(%error, "the store failed while it committed");
            self.shared.poison();
            let answers = batch.into_iter().map(|(_, answer)| answer);
            return answers.for_each(|answer| refuse(answer, poisoned()));
        }
        self.gone = Gone::default();
        let mut answers = Vec::with_capacity(batch.len());
        let mut history = self.shared.history();
        for (taken, answer) in batch {
            answers.push((Arc::clone(&taken.committed), answer));
            if !taken.committed.is_empty() {
                history.publish(taken, &mut self.gone);
            }
        }
        let seq = history.seq;
        drop(history);
        self.shared.announce(seq);
        for (committed, answer) in answers {
            // Whoever asked may have gone.
            drop(answer.send(Ok(committed)));
        }
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

fn refuse(answer: oneshot::Sender<Result<Arc<Committed>, Rejected>>, error: Error) {
    // Whoever asked may have gone.
    drop(answer.send(Err(Rejected::Failed(error))));
}
