//! What a store promises: consistent views, commits that are all or nothing, and a log of them.

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

/// The result of a store's operation: available immediately, or a future to wait for.
///
/// A store in memory returns immediately, and a request that does not have to wait needs no task and
/// no allocation. [`ready`] and [`boxed`] construct the two variants.
pub type MaybeReady<'a, T> = Either<Ready<T>, BoxFuture<'a, T>>;

/// Returns a result that is available immediately.
pub fn ready<'a, T>(value: T) -> MaybeReady<'a, T> {
    future::ready(value).left_future()
}

/// Boxes a future that computes the result.
pub fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> MaybeReady<'a, T> {
    future.boxed().right_future()
}

/// Keeps records and the log of their changes.
///
/// Resources are known by their place in the list given to [`open`](Store::open). What a call
/// returns is one consistent view, and `seq` says of which commit. User code never runs inside a store.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Sets the limits of the server's config. Called once, before the store is migrated and opened.
    ///
    /// A store that was constructed with limits of its own keeps them.
    fn configure(&self, _limits: &StoreLimits) {}

    /// Opens the store for these resources. Called once, before anything else but
    /// [`configure`](Self::configure) and [`migrate`](Self::migrate).
    fn open(&self, resources: &[&'static ResourceDef]) -> MaybeReady<'_, Result<()>>;

    /// Makes what is stored into records of these resources as they are now, before they are opened
    /// for. Stores that keep nothing have nothing to do.
    ///
    /// What would lose a value, or keep one that does not fit, is refused with all that is to be done
    /// about it, and changes nothing.
    fn migrate(&self, _layouts: &[Layout<'_>]) -> MaybeReady<'_, Result<()>> {
        ready(Ok(()))
    }

    /// Names this unbroken history, for people who read it.
    fn epoch(&self) -> &str;

    /// The secret that authenticates positions in the log and resume tokens. It is random, stored with the
    /// data, and replaced when the history is: in a [copy](Self::backup), and when a copy is restored.
    /// Called after [`open`](Self::open).
    fn secret(&self) -> [u8; 32];

    /// The number of the newest commit.
    fn head(&self) -> MaybeReady<'_, Result<u64>>;

    /// One record, by the id that [`key::canonical`](crate::model::key::canonical) spells.
    fn get(&self, resource: usize, id: &str) -> MaybeReady<'_, Result<View<Option<Arc<Record>>>>>;

    /// Several records in the order asked, `None` where there is none. Once what is sent of them is
    /// more than `max_bytes`, reading stops and the rest of the list is missing.
    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<View<Several>>>;

    /// The records that a query asks for, in its order, at most `query.limit` of them.
    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>>;

    /// How many records meet the conditions.
    fn count(&self, resource: usize, filter: QueryFilter) -> MaybeReady<'_, Result<View<Counted>>>;

    /// These resources as they are at one moment.
    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>>;

    /// Returns what became of the request that made, or would make, a commit with this caller and key.
    /// `now` is the time in milliseconds since 1970, by the clock of [`IdempotencyEntry::at`].
    ///
    /// It is called before anything else for each request that has a key, so it has to be fast. If it
    /// returns [`Unknown`](Lookup::Unknown), the request has made no commit of this history.
    ///
    /// [`IdempotencyEntry::at`]: crate::store::idempotency::IdempotencyEntry::at
    fn completed(&self, caller: &str, key: Uuid, now: u64) -> MaybeReady<'_, Result<Lookup>>;

    /// Takes a commit, all of it or nothing. One that neither changes nor emits anything is judged all
    /// the same, and takes no number: the answer has the newest one and is
    /// [empty](Committed::is_empty).
    ///
    /// An event has the record as it is after the commit, or as it was where the commit removes it;
    /// one of a record that is neither is dropped.
    ///
    /// Its idempotency entry is stored in the same step, and kept as long as the limits allow.
    /// No caller's key is ever taken twice: one that may have been before is
    /// [`Repeated`](Rejected::Repeated).
    ///
    /// A commit with [guards](Commit::guards) is rejected if a commit since breaks one of them. A store
    /// that no longer has all commits since the read rejects it as well.
    fn commit(&self, commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>>;

    /// The commits after number `after`, oldest first, at most `max` of them.
    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>>;

    /// Writes a copy of everything as it is at one moment to a new file, while others read and write.
    /// The copy is another history: whoever resumes from it is sent everything anew.
    fn backup(&self, _to: &Path) -> MaybeReady<'_, Result<()>> {
        let message = "the store keeps nothing that a copy could be made of";
        ready(Err(Error::new(ErrorKind::Unavailable, message)))
    }

    /// Closes the store: when this is done, what was committed is on the disk, and another process may
    /// open it. Everything else is `unavailable` from then on. Called once nothing is served; by
    /// default it does nothing, for stores that have nothing to close.
    fn close(&self) -> MaybeReady<'_, Result<()>> {
        ready(Ok(()))
    }

    /// Tells of each new head: the log has what leads to it by then.
    fn watch(&self) -> watch::Receiver<u64>;
}

/// Resources at one moment, to be read more than once.
pub trait Snapshot: fmt::Debug + Send + Sync {
    /// The number of the newest commit that it shows.
    fn seq(&self) -> u64;

    /// Several records in the order asked, `None` where there is none. Once what is sent of them is
    /// more than `max_bytes`, reading stops and the rest of the list is missing.
    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
        max_bytes: usize,
    ) -> MaybeReady<'_, Result<Several>>;

    /// The records that a query asks for, in its order, at most `query.limit` of them.
    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<Found>>;

    /// For each of these values the records that have it in `property`, which has an index, and meet
    /// the conditions: in the order of their ids, at most `limit` of them. Once what is sent of all
    /// records is more than `max_bytes`, reading stops and the rest of the lists is missing.
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

/// What was read, and the number of the newest commit that it shows.
#[derive(Clone, Debug)]
pub struct View<T> {
    /// The number of that commit.
    pub seq: u64,
    /// What was read.
    pub value: T,
}

/// Records in the order asked, `None` where there is none.
pub type Several = Vec<Option<Arc<Record>>>;

/// What a query found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The records, in the order asked.
    pub records: Vec<Arc<Record>>,
    /// Whether there are more behind the limit.
    pub more: bool,
    /// How many records were read to find these, whether or not they match: one that was read twice
    /// counts twice. Entries of an index that are counted without their records do not count.
    pub visited: usize,
}

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many records meet the conditions.
    pub count: usize,
    /// How many records were read to find out, whether or not they match.
    pub visited: usize,
}

/// The log does not reach back that far, or not ahead that far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired;

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the log does not hold what follows that commit")
    }
}

impl std::error::Error for Expired {}

impl From<Expired> for Error {
    fn from(expired: Expired) -> Self {
        Self::internal(expired)
    }
}
