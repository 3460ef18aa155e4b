//! Requests with a `key` that took effect, so that a retry gets the first response instead of running again.

pub(crate) mod index;

use crate::model::record::Record;
use std::sync::Arc;
use uuid::Uuid;

/// A request with a `key`, and the response that a retry of it will get.
///
/// It is part of the commit that the request makes, and stored in the same step.
#[derive(Clone, Debug)]
pub struct IdempotencyEntry {
    /// The caller's identity. Unauthenticated callers have the empty string; since they are not one
    /// caller, limits per caller do not apply to them.
    pub caller: Arc<str>,
    /// The request's `key`.
    pub key: Uuid,
    /// Distinguishes the request from another one with the same key.
    pub fingerprint: u128,
    /// The time of the commit, in milliseconds since 1970 by the server's clock.
    pub at: u64,
    /// The response to the caller.
    pub response: PendingResponse,
}

/// A response to a request whose commit has no number yet.
///
/// A position is the position of an operation in the commit. It refers to the operation's record after
/// the commit, or before it if the commit removes the record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PendingResponse {
    /// The public part of the record at this position, and the index of its resource in the served list.
    Record(usize, usize),
    /// A result other than a record.
    Json {
        /// The result, as JSON.
        json: Arc<str>,
        /// The position of the record whose revision is sent with it.
        subject: Option<usize>,
    },
    /// A list of these. Lists are not nested.
    List(Vec<Self>),
}

/// A request that took effect, as a store remembers it.
#[derive(Clone, Debug)]
pub struct CompletedRequest {
    /// Distinguishes the request from another one with the same key.
    pub fingerprint: u128,
    /// The number of the commit that the request made.
    pub seq: u64,
    /// The revision that was sent with the response, if any.
    pub rev: Option<u64>,
    /// The response that was sent.
    pub response: StoredResponse,
}

/// A response that was sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoredResponse {
    /// The public part of a record, and the index of its resource in the served list.
    Record(usize, Arc<Record>),
    /// A result other than a record, as JSON.
    Json(Arc<str>),
    /// A list of these.
    List(Vec<Self>),
}

/// The state of a request with a given key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Lookup {
    /// The request took effect.
    Completed(CompletedRequest),
    /// The request did not take effect: otherwise it would be remembered.
    Unknown,
    /// The request may have taken effect, but its response is no longer remembered.
    Forgotten,
    /// The request did not take effect, and must not now: its key is ahead of the clock, and its
    /// caller, which uses more than an equal share of the limits, has too many other keys that must be
    /// remembered until the clock has passed them.
    Ahead,
}

impl IdempotencyEntry {
    /// Returns the positions of the operations whose records or revisions the response contains.
    pub fn subjects(&self) -> Vec<usize> {
        self.response.subjects()
    }
}

impl PendingResponse {
    fn subjects(&self) -> Vec<usize> {
        match self {
            Self::Record(at, _) => vec![*at],
            Self::Json { subject, .. } => subject.iter().copied().collect(),
            Self::List(list) => list.iter().flat_map(Self::subjects).collect(),
        }
    }

    /// Returns the response and the revision that is sent with it. `records` yields the record of each
    /// of the [subjects](Self::subjects).
    fn resolve(
        &self,
        records: &mut impl Iterator<Item = Arc<Record>>,
    ) -> Option<(StoredResponse, Option<u64>)> {
        Some(match self {
            Self::Record(_, resource) => {
                let record = records.next()?;
                let rev = record.shown_rev();
                (StoredResponse::Record(*resource, record), rev)
            }
            Self::Json { json, subject } => {
                let record = subject.and_then(|_| records.next());
                let rev = record.and_then(|record| record.shown_rev());
                (StoredResponse::Json(Arc::clone(json)), rev)
            }
            Self::List(list) => {
                let each = list.iter().map(|one| Some(one.resolve(records)?.0));
                (StoredResponse::List(each.collect::<Option<_>>()?), None)
            }
        })
    }
}

impl CompletedRequest {
    /// Creates the completed request from the entry of commit `seq` and the records of its
    /// [subjects](IdempotencyEntry::subjects).
    ///
    /// Returns `None` if there are too few `records`.
    pub fn new(
        entry: &IdempotencyEntry,
        seq: u64,
        records: impl IntoIterator<Item = Arc<Record>>,
    ) -> Option<Self> {
        let (response, rev) = entry.response.resolve(&mut records.into_iter())?;
        Some(Self {
            fingerprint: entry.fingerprint,
            seq,
            rev,
            response,
        })
    }

    /// Returns the approximate number of bytes of memory that the response keeps alive.
    pub fn weight(&self) -> usize {
        self.response.weight()
    }
}

impl StoredResponse {
    fn weight(&self) -> usize {
        match self {
            Self::Record(_, record) => record.weight(),
            Self::Json(json) => json.len(),
            Self::List(list) => list.iter().map(Self::weight).sum(),
        }
    }
}
