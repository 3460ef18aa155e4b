//! Limits of the store: of its queries, its log and its idempotency keys.

use super::check::{check_counts, check_durations};
use super::duration;
use crate::core::error::Result;
use serde::Deserialize;
use std::time::Duration;

/// Limits of the store: of its queries, its log and its idempotency keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StoreConfig {
    /// The maximum number of records that a store reads for one query, whether or not they match.
    ///
    /// This bounds the cost of a list that sorts or filters by a property without an index. A query
    /// that would read more fails with `too_many`. The limit also applies to queries of the
    /// application's own code. Default: 1,000,000.
    pub max_visited: usize,
    /// How long a store in a file keeps its log, which holds each changed record before and after the
    /// change. Commits remove older entries. Default: 24 h.
    #[serde(deserialize_with = "duration::deserialize")]
    pub log_retention: Duration,
    /// How long a completed request is remembered by its `key`. A request with an older, unknown key is
    /// rejected. Default: 24 h.
    #[serde(deserialize_with = "duration::deserialize")]
    pub key_retention: Duration,
    /// The size of the log in memory in bytes, including the records in it. Default: 64 MiB.
    #[doc(hidden)]
    pub log_capacity: usize,
    /// The size of the log of a store in a file in bytes. Default: 1 GiB.
    #[doc(hidden)]
    pub stored_log_capacity: usize,
    /// The maximum number of remembered keys of one caller; the newest are kept. It does not apply to
    /// unauthenticated callers. Default: 10,000.
    #[doc(hidden)]
    pub max_keys_per_caller: usize,
    /// The maximum number of remembered keys of all callers. Beyond it, the oldest keys of the caller
    /// with the most keys are dropped. Default: 1,000,000.
    #[doc(hidden)]
    pub max_keys: usize,
    /// The size of the remembered requests in bytes, including their replies. Keys ahead of the
    /// server's clock may take a quarter more. Default: 64 MiB.
    #[doc(hidden)]
    pub key_capacity: usize,
    /// The size of the write-ahead log of a store in a file in bytes. Above half of it commits wait up
    /// to 250 ms for reads, so that the log can restart; above it new reads wait, and reads of more
    /// than 5 s fail with `unavailable`. Default: 64 MiB.
    #[doc(hidden)]
    pub wal_capacity: usize,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            max_visited: 1_000_000,
            log_retention: Duration::from_secs(24 * 60 * 60),
            key_retention: Duration::from_secs(24 * 60 * 60),
            log_capacity: 64 * 1024 * 1024,
            stored_log_capacity: 1024 * 1024 * 1024,
            max_keys_per_caller: 10_000,
            max_keys: 1_000_000,
            key_capacity: 64 * 1024 * 1024,
            wal_capacity: 64 * 1024 * 1024,
        }
    }
}

impl StoreConfig {
    /// Checks the range of each setting.
    pub(super) fn check(&self) -> Result<()> {
        check_counts(&[
            ("store.max_keys_per_caller", self.max_keys_per_caller),
            ("store.max_keys", self.max_keys),
            ("store.key_capacity", self.key_capacity),
            ("store.wal_capacity", self.wal_capacity),
        ])?;
        check_durations(&[
            ("store.log_retention", self.log_retention),
            ("store.key_retention", self.key_retention),
        ])
    }
}
