//! A file that is open for a list of resources.

use super::failure::{closed, failure, poisoned};
use super::file;
use super::file_identity::FileWatch;
use super::history::History;
use super::shared_file::SharedFile;
use crate::core::clock::Clock;
use crate::core::error::{Error, Outcome, Result};
use crate::model::definition::ResourceDef;
use crate::store::commit::{Commit, Committed, Rejected};
use crate::store::guard_check;
use crate::store::idempotency::Lookup;
use crate::store::sqlite::read::readers::ReaderPool;
use crate::store::sqlite::read::search::TableSearch;
use crate::store::sqlite::tables::idempotency;
use crate::store::sqlite::tables::log;
use crate::store::sqlite::tables::log::{LogEnd, LogLimits};
use crate::store::sqlite::tables::table::SqliteTable;
use crate::store::sqlite::write::batch::CommitJob;
use crate::store::sqlite::write::wal::WalBound;
use crate::store::sqlite::write::writer::WriterThread;
use crate::store::tags::TagSource;
use crate::store::{Expired, MaybeReady, StoreLimits, View, boxed, ready};
use futures_util::FutureExt;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

/// The maximum number of commits that wait for the writer; further callers wait themselves.
const MAX_WAITING: usize = 1_024;
/// The number of commits in memory from the start: clients that were disconnected by a restart resume
/// there.
const INITIAL_COMMITS: u64 = 1_024;

/// A file to open, and the resources to open it for.
pub(super) struct FileOpener<'a> {
    pub(super) path: &'a Path,
    pub(super) connection: Connection,
    pub(super) limits: &'a StoreLimits,
    pub(super) clock: &'a Clock,
    pub(super) head: &'a Arc<watch::Sender<u64>>,
}

/// An open file, and the thread that writes to it.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) epoch: Box<str>,
    pub(super) secret: [u8; 32],
    pub(super) shared: Arc<SharedFile>,
    /// `None` once the file is closed.
    jobs: Mutex<Option<mpsc::Sender<CommitJob>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl FileOpener<'_> {
    pub(super) fn open(mut self, resources: &[&'static ResourceDef]) -> Result<OpenFile> {
        let tables: Arc<[SqliteTable]> = resources.iter().map(|it| SqliteTable::new(it)).collect();
        let transaction = self.connection.transaction().map_err(failure)?;
        tables
            .iter()
            .try_for_each(|table| table.create(&transaction))?;
        transaction.commit().map_err(failure)?;
        let (connection, limits) = (self.connection, self.limits);
        let epoch = file::epoch(&connection).map_err(failure)?;
        let secret = file::secret(&connection)?;
        let end = LogEnd::read(&connection)?;
        let behind = end.newest(&connection, INITIAL_COMMITS, limits.log_capacity)?;
        let newest = log::after(&connection, &tables, behind, usize::MAX)?;
        let (idempotency, gone) = idempotency::load(&connection, limits).map_err(failure)?;
        let files = FileWatch::begin(self.path).map_err(Error::internal)?;
        let shared = Arc::new(SharedFile::new(
            ReaderPool::new(self.path.to_owned(), files.opened()),
            tables,
            History::new(newest, end, idempotency, limits),
            Arc::clone(self.head),
            limits.max_visited,
        ));
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let wal = WalBound::new(self.path, limits.wal_capacity);
        wal.configure(&connection).map_err(failure)?;
        let writer = WriterThread {
            shared: Arc::clone(&shared),
            connection,
            clock: self.clock.clone(),
            limits: LogLimits::new(limits),
            end,
            gone,
            is_uncertain: false,
            files,
            tags: TagSource::default(),
            wal,
            jobs: jobs.downgrade(),
        };
        let thread = thread::Builder::new().name("sockful-sqlite".to_owned());
        let thread = thread.spawn(move || writer.run(waiting));
        Ok(OpenFile {
            epoch,
            secret,
            shared,
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread.map_err(Error::internal)?)),
        })
    }
}

impl OpenFile {
    /// Evaluates `see` on a table at the current commit.
    pub(super) async fn see<T: Send + 'static>(
        &self,
        resource: usize,
        see: impl FnOnce(TableSearch<'_>) -> Result<T> + Send + 'static,
    ) -> Result<View<T>> {
        Arc::clone(&self.shared).scan(resource, see).await
    }

    pub(super) fn completed(
        &self,
        caller: &str,
        key: Uuid,
        now: u64,
    ) -> MaybeReady<'_, Result<Lookup>> {
        let history = self.shared.history();
        let index = &history.idempotency;
        let remembered = index.get(caller, key).filter(|it| it.response.is_some());
        let Some(seq) = remembered.map(|it| it.seq) else {
            return ready(Ok(index.without_response(caller, key, now)));
        };
        let read = Arc::clone(&self.shared)
            .read(move |shared, connection| idempotency::read(connection, shared.tables(), seq));
        boxed(read.map(|view| match view {
            Ok(View {
                value: Some(completed),
                ..
            }) => Ok(Lookup::Completed(completed)),
            // The response was dropped meanwhile to make room.
            Ok(_) => Ok(Lookup::Forgotten),
            // The request has taken effect, only its response cannot be read.
            Err(error) => Err(error.with_outcome(Outcome::Unknown)),
        }))
    }

    pub(super) async fn commit(&self, mut commit: Commit) -> Result<Arc<Committed>, Rejected> {
        if !commit.guards.is_empty() {
            self.check_guards(&mut commit).await?;
        }
        let poisoned_error = || Rejected::Failed(poisoned());
        let jobs = self.jobs().clone();
        let jobs = jobs.ok_or_else(|| Rejected::Failed(closed()))?;
        let (answer, answered) = oneshot::channel();
        let sent = jobs.send(CommitJob { commit, answer }).await;
        sent.map_err(|_| poisoned_error())?;
        drop(jobs);
        answered.await.map_err(|_| poisoned_error())?
    }

    /// Checks the guards of a commit against the commits so far, so that little is left for the writer.
    async fn check_guards(&self, commit: &mut Commit) -> Result<(), Rejected> {
        let commits = {
            let history = self.shared.history();
            if let Some(it) = &commit.idempotency
                && !history.idempotency.takes(&it.caller, it.key, it.at)
            {
                return Err(Rejected::Repeated);
            }
            guard_check::commits_since(&commit.guards, &history.recent)?
        };
        let guards = std::mem::take(&mut commit.guards);
        commit.guards = if guard_check::takes_long(&guards, &commits) {
            guard_check::check_aside(guards, commits).await?
        } else {
            guard_check::check(&guards, &commits)?;
            guard_check::advanced(guards, &commits)
        };
        Ok(())
    }

    pub(super) fn log(
        &self,
        after: u64,
        max: usize,
    ) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>> {
        let history = self.shared.history();
        let recent = history.recent.after(after, max);
        if recent.is_ok() || after > history.recent.head() {
            return ready(recent);
        }
        let read = Arc::clone(&self.shared)
            .read(move |shared, connection| log::after(connection, shared.tables(), after, max));
        boxed(read.map(move |view| match view {
            Ok(view) if view.value.first().is_some_and(|it| it.seq == after + 1) => Ok(view.value),
            Ok(_) => Err(Expired),
            Err(error) => {
                tracing::warn!(?error, "cannot read the log");
                Err(Expired)
            }
        }))
    }
}

impl OpenFile {
    fn jobs(&self) -> MutexGuard<'_, Option<mpsc::Sender<CommitJob>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rejects further commits. The thread ends when it has written its queue and closed the file.
    pub(super) fn begin_close(&self) -> Option<JoinHandle<()>> {
        drop(self.jobs().take());
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.take()
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        // Queued commits must be on the disk before another process may open the file.
        drop(self.begin_close().map(JoinHandle::join));
    }
}
