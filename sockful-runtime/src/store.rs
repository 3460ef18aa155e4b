//! The store interface: consistent reads, atomic commits, and a log of commits.

pub mod commit;
#[cfg(any(test, feature = "store-conformance"))]
pub(crate) mod conformance;
pub mod guard;
mod guard_check;
mod head;
pub mod idempotency;
mod layout;
mod limits;
mod memory;
mod plan;
mod read_room;
pub(crate) mod recent_commits;
pub(crate) mod scan;
mod search;
#[cfg(feature = "sqlite")]
mod sqlite;
mod tags;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod testing;
mod validate;

#[cfg(feature = "sqlite")]
pub(crate) use layout::{Form, StoredProperty};
pub use layout::{Layout, Migrated};
pub(crate) use layout::{compare, is_written, written};
pub use limits::StoreLimits;
pub use memory::Memory;
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::{check, restore};

use crate::core::error::{Error, ErrorKind, Result};
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter};
use crate::store::commit::{Commit, Committed, Rejected};
use crate::store::idempotency::Lookup;
use futures_util::future::{self, BoxFuture, Either, FutureExt, Ready};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;

/// The result of a store's operation: available immediately, or a future to await.
///
/// A store in memory returns immediately, so a request that does not have to wait needs no task and no
/// allocation. [`ready`] and [`boxed`] create the two variants.
pub type MaybeReady<'a, T> = Either<Ready<T>, BoxFuture<'a, T>>;

/// Returns a result that is available immediately.
pub fn ready<'a, T>(value: T) -> MaybeReady<'a, T> {
    future::ready(value).left_future()
}

/// Boxes a future that computes the result.
pub fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> MaybeReady<'a, T> {
    future.boxed().right_future()
}

/// A store of records and of the log of their changes.
///
/// Resources are identified by their index in the list given to [`open`](Store::open). The result of
/// each call is one consistent view; its `seq` is the number of the newest commit in it. User code
/// never runs inside a store.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Sets the limits of the server's configuration. Called once, before the store is migrated and
    /// opened.
    ///
    /// A store that was created with its own limits keeps them.
    fn configure(&self, _limits: &StoreLimits) {}

    /// Opens the store for these resources. Called once, before all other operations except
    /// [`configure`](Self::configure) and [`migrate`](Self::migrate).
    fn open(&self, resources: &[&'static ResourceDef]) -> MaybeReady<'_, Result<()>>;

    /// Converts the stored records to the current definitions of their resources, before the store is
    /// opened. Stores that are not persistent have nothing to do.
    ///
    /// A migration that would lose a value, or keep one that does not fit, fails with everything that
    /// has to be done about it, and changes nothing.
    fn migrate(&self, _layouts: &[Layout<'_>]) -> MaybeReady<'_, Result<()>> {
        ready(Ok(()))
    }

    /// Returns the name of this uninterrupted history, for display.
    fn epoch(&self) -> &str;

    /// Returns the secret that authenticates positions in the log and resume tokens. It is random,
    /// stored with the data, and replaced with the history: in a [copy](Self::backup), and when a copy
    /// is restored. Called after [`open`](Self::open).
    fn secret(&self) -> [u8; 32];

    /// Returns the number of the newest commit.
    fn head(&self) -> MaybeReady<'_, Result<u64>>;

    /// Returns one record, by its [canonical](crate::model::key::canonical) id.
    fn get(&self, resource: usize, id: &str) -> MaybeReady<'_, Result<View<Option<Arc<Record>>>>>;

    /// Returns several records in the order of `ids`, `None` for each that does not exist. Once the
    /// records, as they are sent, exceed `max_bytes`, reading stops and the rest of the list is
    /// missing.
    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<View<Several>>>;

    /// Returns the records that match a query, in its order, at most `query.limit` of them.
    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>>;

    /// Returns whether [`find`](Self::find) and [`count`](Self::count) evaluate conditions
    /// [over relations](QueryFilter::Related), of which a record alone decides nothing. The default is
    /// that they do not: then queries with such conditions are refused.
    ///
    /// All resources that a query refers to are read at one commit.
    fn supports_relations(&self) -> bool {
        false
    }

    /// Returns the number of records that match the conditions.
    fn count(&self, resource: usize, filter: QueryFilter) -> MaybeReady<'_, Result<View<Counted>>>;

    /// Returns a snapshot of these resources.
    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>>;

    /// Returns whether a request of this caller with this key has already made a commit. `now` is the
    /// time in milliseconds since 1970, by the clock of [`IdempotencyEntry::at`].
    ///
    /// It is called first for each request that has a key, so it has to be fast. If it returns
    /// [`Unknown`](Lookup::Unknown), the request has made no commit of this history.
    ///
    /// [`IdempotencyEntry::at`]: crate::store::idempotency::IdempotencyEntry::at
    fn completed(&self, caller: &str, key: Uuid, now: u64) -> MaybeReady<'_, Result<Lookup>>;

    /// Applies a commit, all of it or nothing. A commit that neither changes nor emits anything is
    /// checked all the same, but takes no number: the result has the newest number and is
    /// [empty](Committed::is_empty).
    ///
    /// An event contains the record after the commit, or before it if the commit removes the record. An
    /// event of a record that exists neither before nor after is dropped.
    ///
    /// The idempotency entry is stored in the same step, and kept as long as the limits allow. A key of
    /// a caller is never accepted twice: one that may have been used before is
    /// [`Repeated`](Rejected::Repeated).
    ///
    /// A commit with [guards](Commit::guards) is rejected if a commit since the read violates one of
    /// them. A store that no longer has all commits since the read rejects it as well.
    fn commit(&self, commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>>;

    /// Returns at most `max` of the commits after number `after`, oldest first.
    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>>;

    /// Writes a consistent copy of the store to a new file, while the store is in use. The copy has a
    /// history of its own: a client that resumes from it receives everything again.
    fn backup(&self, _to: &Path) -> MaybeReady<'_, Result<()>> {
        let message = "this store can't be backed up";
        ready(Err(Error::new(ErrorKind::Unavailable, message)))
    }

    /// Closes the store. When this completes, all commits are on the disk, and another process may open
    /// the store. All later operations fail with `unavailable`. Called after serving has ended; by
    /// default it does nothing, for stores that need no closing.
    fn close(&self) -> MaybeReady<'_, Result<()>> {
        ready(Ok(()))
    }

    /// Returns a receiver of each new head. The log contains all commits up to it by then.
    fn watch(&self) -> watch::Receiver<u64>;
}

/// A consistent view of some resources, for repeated reads.
pub trait Snapshot: fmt::Debug + Send + Sync {
    /// Returns the number of the newest commit in the snapshot.
    fn seq(&self) -> u64;

    /// Returns several records in the order of `ids`, `None` for each that does not exist. Once the
    /// records, as they are sent, exceed `max_bytes`, reading stops and the rest of the list is
    /// missing.
    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<Several>>;

    /// Returns the records that match a query, in its order, at most `query.limit` of them.
    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<Found>>;

    /// Returns for each value the records that have it in `property`, which is indexed, and that match
    /// the conditions: in the order of their ids, at most `limit` of them. Once all records, as they
    /// are sent, exceed `max_bytes`, reading stops and the rest of the lists is missing.
    fn related(
        &self,
        resource: usize,
        property: usize,
        values: Vec<Scalar<'static>>,
        filter: QueryFilter,
        limit: usize,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<Vec<Found>>>;
}

/// The result of a read, and the number of the newest commit in it.
#[derive(Clone, Debug)]
pub struct View<T> {
    /// The number of the newest commit in the view.
    pub seq: u64,
    /// The result of the read.
    pub value: T,
}

/// Records in the order requested, `None` for each that does not exist.
pub type Several = Vec<Option<Arc<Record>>>;

/// The result of a query.
#[derive(Clone, Debug)]
pub struct Found {
    /// The records, in the order requested.
    pub records: Vec<Arc<Record>>,
    /// Whether there are more records after the limit.
    pub more: bool,
    /// The number of records that were read, whether or not they match: one that was read twice counts
    /// twice. Index entries that are counted without their records do not count.
    pub visited: usize,
}

/// The result of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The number of records that match the conditions.
    pub count: usize,
    /// The number of records that were read, whether or not they match.
    pub visited: usize,
}

/// The error of a position that is older than the log, or beyond its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired;

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the log no longer contains the commits after that one")
    }
}

impl std::error::Error for Expired {}

impl From<Expired> for Error {
    fn from(expired: Expired) -> Self {
        Self::internal(expired)
    }
}
