//! An entry of the index, and its evicted parts.

use super::YOUNG;
use super::caller_keys::{CallerKeys, Listing};
use crate::protocol::idempotency_key::time;
use crate::store::idempotency::{CompletedRequest, IdempotencyEntry};
use std::sync::Arc;
use uuid::Uuid;

/// The approximate size of an entry without its strings. Tree nodes are assumed half empty, and each
/// entry is counted as if its caller had no other.
pub(super) const WEIGHT: usize =
    2 * size_of::<IndexedRequest<CompletedRequest>>() + size_of::<CallerKeys>() + 64;

/// A request that took effect.
#[derive(Debug)]
pub(crate) struct IndexedRequest<A> {
    pub(crate) caller: Arc<str>,
    pub(crate) key: Uuid,
    /// The time of the commit, in milliseconds since 1970.
    pub(crate) at: u64,
    /// The number of the commit.
    pub(crate) seq: u64,
    /// The approximate memory use in bytes.
    pub(crate) weight: usize,
    /// The response; `None` if there was no room to keep it.
    pub(crate) response: Option<A>,
}

/// An evicted part of the index.
#[cfg_attr(
    not(feature = "sqlite"),
    expect(dead_code, reason = "only the SQLite store also removes it")
)]
#[derive(Debug)]
pub(crate) enum Evicted<A> {
    /// A request with its key.
    Removed(IndexedRequest<A>),
    /// The response of the request that made this commit; its key is kept.
    Response {
        /// The number of the commit.
        seq: u64,
        /// The weight of the entry without the response.
        weight: usize,
        /// The response itself.
        #[cfg_attr(
            feature = "sqlite",
            expect(dead_code, reason = "the value is dropped outside locks")
        )]
        response: Option<A>,
    },
    /// The horizon of a caller, which was merged into the horizon of all callers.
    Horizon(Arc<str>),
}

impl<A> IndexedRequest<A> {
    /// `weight` is the weight of the response.
    pub(crate) fn new(entry: &IdempotencyEntry, seq: u64, weight: usize, response: A) -> Self {
        Self {
            caller: Arc::clone(&entry.caller),
            key: entry.key,
            at: entry.at,
            seq,
            weight: WEIGHT + entry.caller.len() + weight,
            response: Some(response),
        }
    }

    pub(super) fn listing(&self) -> Listing {
        Listing {
            time: time(self.key),
            seq: self.seq,
            has_response: self.response.is_some(),
        }
    }

    pub(super) fn weight_without_response(&self) -> usize {
        WEIGHT + self.caller.len()
    }

    /// Returns whether a retry may still arrive, or the clock was set back since.
    pub(super) fn is_young(&self, now: u64) -> bool {
        self.at.max(time(self.key)).saturating_add(YOUNG) > now
    }

    pub(super) fn is_ahead(&self, now: u64) -> bool {
        time(self.key) > now
    }
}
