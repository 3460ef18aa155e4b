//! The limits of a store.

use crate::core::config::Config;
use std::time::Duration;

/// The limits of a store: those of the server's [`Config`], or its own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreLimits {
    /// The setting `store.max_visited`.
    pub max_visited: usize,
    /// The setting `store.log_capacity`.
    pub log_capacity: usize,
    /// The setting `store.stored_log_capacity`.
    pub stored_log_capacity: usize,
    /// The setting `store.log_retention`.
    pub log_retention: Duration,
    /// The setting `store.key_retention`.
    pub key_retention: Duration,
    /// The setting `store.max_keys_per_caller`.
    pub max_keys_per_caller: usize,
    /// The setting `store.max_keys`.
    pub max_keys: usize,
    /// The setting `store.key_capacity`.
    pub key_capacity: usize,
    /// The setting `store.wal_capacity`.
    pub wal_capacity: usize,
}

impl From<&Config> for StoreLimits {
    fn from(config: &Config) -> Self {
        Self {
            max_visited: config.store.max_visited,
            log_capacity: config.store.log_capacity,
            stored_log_capacity: config.store.stored_log_capacity,
            log_retention: config.store.log_retention,
            key_retention: config.store.key_retention,
            max_keys_per_caller: config.store.max_keys_per_caller,
            max_keys: config.store.max_keys,
            key_capacity: config.store.key_capacity,
            wal_capacity: config.store.wal_capacity,
        }
    }
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self::from(&Config::default())
    }
}
