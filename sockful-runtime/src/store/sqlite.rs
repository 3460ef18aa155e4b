//! The persistent store: records in one `SQLite` file.

mod backup;
mod check;
mod failure;
mod file;
mod file_identity;
mod file_lock;
mod history;
mod inspection;
mod migration;
mod open_file;
mod read;
mod restore;
mod shared_file;
mod snapshot;
mod tables;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use self::check::check;
use self::file_lock::FileLock;
use self::migration::SqlMigration;
use self::open_file::{FileOpener, OpenFile};
pub(crate) use self::restore::restore;
use self::snapshot::SqliteSnapshot;
use super::{
    Counted, Expired, Found, Layout, MaybeReady, Several, Snapshot, Store, StoreLimits, View,
    boxed, ready,
};
use crate::core::clock::Clock;
use crate::core::config::Config;
use crate::core::error::{Error, Result};
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::query::{Query, QueryFilter};
use crate::store::commit::{Commit, Committed, Rejected};
use crate::store::idempotency::Lookup;
use crate::store::sqlite::read::search::TableSearch;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// A persistent store in one file, with the records, the log and the idempotency keys.
///
/// A commit is acknowledged when it is on the disk; commits that arrive together share one sync. After
/// a restart the history continues: clients resume, and keys are remembered. Only one process may have
/// the file open; `data.db-lock` next to it excludes others.
/// ```no_run
/// # use sockful_runtime::{Result, Server, engine::table::Resources, store::Sqlite};
/// # async fn serve(resources: Resources) -> Result<()> {
/// let server = Server::new(resources).store(Sqlite::open("data.db")?);
/// server.listen("127.0.0.1:8000").await
/// # }
/// ```
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    /// The limits of the server, unless the store was created with others.
    limits: OnceLock<StoreLimits>,
    clock: Clock,
    migrations: Vec<SqlMigration>,
    /// The file opened for the resources.
    opened: OnceLock<OpenFile>,
    connection: Mutex<Option<Connection>>,
    head: Arc<watch::Sender<u64>>,
    /// Held while the store closes.
    closing: tokio::sync::Mutex<()>,
    /// Dropped last.
    lock: Mutex<Option<FileLock>>,
}

impl Sqlite {
    /// Opens a file, or creates it, with the limits of the server that opens the store.
    ///
    /// # Errors
    ///
    /// `unavailable`, with the cause and the remedy, if another process has the file open, if it cannot
    /// be written, if it is damaged or not a database, if it has more than one hard link, or if the
    /// write-ahead log next to it belongs to another file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_waiting(path, Duration::ZERO)
    }

    /// Opens a file, and waits at most `wait` for another process that has it open, such as the
    /// previous version of a program that is being replaced. Blocks the thread meanwhile.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn open_waiting(path: impl AsRef<Path>, wait: Duration) -> Result<Self> {
        let path = file_lock::resolved(path.as_ref());
        let opened = Self::open_resolved(&path, wait);
        opened.inspect_err(|error| {
            let path = path.display();
            tracing::error!(%path, %error, "the store cannot be opened");
        })
    }

    fn open_resolved(path: &Path, wait: Duration) -> Result<Self> {
        let lock = FileLock::take(path, wait)?;
        let run = inspection::inspect(path, lock.data(), &lock.noted_runs())?;
        file::settle_log(path)?;
        let connection = file::open_writer(path)?;
        file::begin_run(&connection, run.unwrap_or_default(), &lock)?;
        Ok(Self {
            path: path.to_owned(),
            limits: OnceLock::new(),
            clock: Clock::default(),
            migrations: Vec::new(),
            opened: OnceLock::new(),
            connection: Mutex::new(Some(connection)),
            head: Arc::new(watch::Sender::new(0)),
            closing: tokio::sync::Mutex::default(),
            lock: Mutex::new(Some(lock)),
        })
    }

    /// Opens a file, or creates it, with the limits of `config`, regardless of those of the server.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn with_config(path: impl AsRef<Path>, config: &Config) -> Result<Self> {
        let store = Self::open(path)?;
        store.configure(&StoreLimits::from(config));
        Ok(store)
    }

    /// Adds migrations, which run when the store is opened, each once and in the order of their names,
    /// before the records are migrated to the current definitions.
    ///
    /// Each has a name and SQL statements. The records of a resource are in a table such as `"record
    /// creature"`, with the columns `id`, `rev`, `sent` and `kept`: the public and the private
    /// properties, as JSON. A migration that has run must stay in the list unchanged.
    ///
    /// ```no_run
    /// # use sockful_runtime::{Result, store::Sqlite};
    /// # fn open() -> Result<Sqlite> {
    /// let store = Sqlite::open("data.db")?.migrations([(
    ///     "0001 lives are gone",
    ///     r#"UPDATE "record creature" SET sent = json_remove(sent, '$.lives')"#,
    /// )]);
    /// # Ok(store) }
    /// ```
    #[must_use]
    pub fn migrations<N: Into<String>, S: Into<String>>(
        mut self,
        migrations: impl IntoIterator<Item = (N, S)>,
    ) -> Self {
        let migrations = migrations.into_iter().map(|(name, sql)| SqlMigration {
            name: name.into(),
            sql: sql.into(),
        });
        self.migrations.extend(migrations);
        self
    }

    fn start(&self, resources: &[&'static ResourceDef]) -> Result<OpenFile> {
        let connection = self.connection.lock();
        let connection = connection.unwrap_or_else(PoisonError::into_inner).take();
        let again = || Error::internal("the store is already open");
        let closed = FileOpener {
            path: &self.path,
            connection: connection.ok_or_else(again)?,
            limits: self.limits.get_or_init(StoreLimits::default),
            clock: &self.clock,
            head: &self.head,
        };
        closed.open(resources)
    }

    /// Releases the lock of the file.
    fn unlock(&self) {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(lock.take());
    }

    fn opened(&self) -> Result<&OpenFile> {
        let missing = || Error::internal("the store was not opened");
        self.opened.get().ok_or_else(missing)
    }

    /// Evaluates `see` on a table at the current commit.
    fn see<T: Send + 'static>(
        &self,
        resource: usize,
        see: impl FnOnce(TableSearch<'_>) -> Result<T> + Send + 'static,
    ) -> MaybeReady<'_, Result<View<T>>> {
        match self.opened() {
            Ok(opened) => boxed(opened.see(resource, see)),
            Err(error) => ready(Err(error)),
        }
    }
}

impl Store for Sqlite {
    fn configure(&self, limits: &StoreLimits) {
        // The first call wins: that of `with_config`, if any.
        let _ = self.limits.set(limits.clone());
    }

    fn migrate(&self, layouts: &[Layout<'_>]) -> MaybeReady<'_, Result<()>> {
        let connection = self.connection.lock();
        let mut connection = connection.unwrap_or_else(PoisonError::into_inner);
        let again = || Error::internal("the store is already open");
        let migrated = connection.as_mut().ok_or_else(again);
        ready(migrated.and_then(|it| migration::migrate(&self.path, it, layouts, &self.migrations)))
    }

    fn open(&self, resources: &[&'static ResourceDef]) -> MaybeReady<'_, Result<()>> {
        let opened = self.start(resources).and_then(|opened| {
            let again = |_| Error::internal("the store is already open");
            self.opened.set(opened).map_err(again)
        });
        ready(opened)
    }

    fn epoch(&self) -> &str {
        self.opened.get().map_or("", |opened| &opened.epoch)
    }

    fn secret(&self) -> [u8; 32] {
        let opened = self.opened.get();
        opened.map_or_else(Default::default, |opened| opened.secret)
    }

    fn head(&self) -> MaybeReady<'_, Result<u64>> {
        ready(
            self.opened()
                .map(|opened| opened.shared.history().recent.head()),
        )
    }

    fn get(&self, resource: usize, id: &str) -> MaybeReady<'_, Result<View<Option<Arc<Record>>>>> {
        let shared = match self.opened() {
            Ok(opened) => &opened.shared,
            Err(error) => return ready(Err(error)),
        };
        if let Some(found) = shared.look_up_now(resource, id) {
            return ready(found);
        }
        boxed(Arc::clone(shared).look_up(resource, id.into()))
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<View<Several>>> {
        self.see(resource, move |search| search.get_many(&ids, max_bytes))
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>> {
        self.see(resource, move |search| search.find(&query))
    }

    fn supports_relations(&self) -> bool {
        true
    }

    fn count(&self, resource: usize, filter: QueryFilter) -> MaybeReady<'_, Result<View<Counted>>> {
        self.see(resource, move |search| search.count(&filter))
    }

    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>> {
        let resources = resources.to_vec();
        boxed(async move {
            let shared = Arc::clone(&self.opened()?.shared);
            let frozen = SqliteSnapshot::new(shared, resources).await?;
            Ok(Arc::new(frozen) as Arc<dyn Snapshot>)
        })
    }

    fn completed(&self, caller: &str, key: Uuid, now: u64) -> MaybeReady<'_, Result<Lookup>> {
        match self.opened() {
            Ok(opened) => opened.completed(caller, key, now),
            Err(error) => ready(Err(error)),
        }
    }

    fn commit(&self, commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>> {
        match self.opened() {
            Ok(opened) => boxed(opened.commit(commit)),
            Err(error) => ready(Err(Rejected::Failed(error))),
        }
    }

    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>> {
        match self.opened() {
            Ok(opened) => opened.log(after, max),
            Err(_) => ready(Err(Expired)),
        }
    }

    fn backup(&self, to: &Path) -> MaybeReady<'_, Result<()>> {
        let checked = self.opened().and_then(|it| it.shared.readers.check_file());
        if let Err(error) = checked {
            return ready(Err(error));
        }
        let (from, to) = (self.path.clone(), to.to_owned());
        boxed(shared_file::aside(move || backup::copy(&from, &to)))
    }

    fn close(&self) -> MaybeReady<'_, Result<()>> {
        boxed(async move {
            let _turn = self.closing.lock().await;
            let Some(opened) = self.opened.get() else {
                let mut connection = self.connection.lock();
                let connection = connection.as_deref_mut();
                drop(connection.map(Option::take));
                self.unlock();
                return Ok(());
            };
            let Some(thread) = opened.begin_close() else {
                return Ok(());
            };
            let is_drained = opened.shared.readers.drain().await;
            let joined = move || Ok(thread.join().is_ok());
            if !shared_file::aside(joined).await? {
                return Err(Error::internal("the writer thread panicked"));
            }
            // A connection that still reads has locks, which closing the file here would release.
            if is_drained {
                self.unlock();
            }
            Ok(())
        })
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }
}
