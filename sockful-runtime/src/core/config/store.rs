//! Limits of the store: of its queries, its log and its memory of requests with a `key`.

use super::check::{check_counts, check_durations};
use super::duration;
use crate::core::error::Result;
use serde::Deserialize;
use std::time::Duration;

/// Limits of the store: of its queries, its log and its memory of requests with a `key`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StoreConfig {
    /// The number of records that a store reads to answer one query, whether or not they match.
    ///
    /// It bounds the cost of a list that sorts or filters by a property without an index. A query that
    /// would read more is refused with `too_many`. It also applies to the queries of the application's own
    /// code. Default: 1,000,000.
    pub max_visited: usize,
    /// How long a store in a file keeps its log, which holds records before and after each change.
    /// Older entries are removed by the commits that follow. Default: 24 h.
    #[serde(deserialize_with = "duration::deserialize")]
    pub log_retention: Duration,
    /// How long a request that took effect is remembered by its `key`. A request with an older, unknown
    /// key is refused. Default: 24 h.
    #[serde(deserialize_with = "duration::deserialize")]
    pub key_retention: Duration,
    /// The bytes of the log kept in memory, including the records in it. Default: 64 MiB.
    #[doc(hidden)]
    pub log_capacity: usize,
    /// The bytes of the log that a store in a file keeps there. Default: 1 GiB.
    #[doc(hidden)]
    pub stored_log_capacity: usize,
    /// The number of requests of one caller remembered by their `key`, the newest. It does not apply to
    /// callers without an identity. Default: 10,000.
    #[doc(hidden)]
    pub max_keys_per_caller: usize,
    /// The number of requests of all callers remembered by their `key`. Beyond it, the oldest of the
    /// caller that has most are dropped. Default: 1,000,000.
    #[doc(hidden)]
    pub max_keys: usize,
    /// The bytes of requests remembered by their `key`, including their replies. Keys ahead of the
    /// server's clock may take a quarter more. Default: 64 MiB.
    #[doc(hidden)]
    pub key_capacity: usize,
    /// The bytes of the write-ahead log of a store in a file. Above half of it commits wait up to 250 ms
    /// for reads, so that the log begins again; above it new reads wait, and reads of more than 5 s are
    /// ended with `unavailable`. Default: 64 MiB.
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
