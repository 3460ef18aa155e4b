//! Limits of subscriptions.

use super::check::check_counts;
use crate::core::error::Result;
use serde::Deserialize;

/// Limits of subscriptions.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LiveConfig {
    /// The maximum number of subscriptions of one connection. Default: 128.
    pub max_subscriptions: usize,
    /// The number of missed commits that a subscription receives one by one; more are combined into one
    /// event. Default: 256.
    pub fold_after: usize,
    /// The maximum number of records in the initial result of a subscription. Default: 10,000.
    #[doc(hidden)]
    pub max_subscription_records: usize,
    /// The maximum size of the initial result of a subscription in bytes. Default: 8 MiB.
    #[doc(hidden)]
    pub max_snapshot: usize,
    /// The maximum number of different subscription filters of one resource that are evaluated on each
    /// of its changes because they require no particular value of a property. One caller has at most as
    /// many as are then left for others. A filter that compares more than 1 KiB counts as several, and
    /// a subscription without a filter and `$limit` does not count. Default: 1,000.
    #[doc(hidden)]
    pub max_scanned_groups: usize,
    /// The maximum number of records of a live window: the `$limit` of a subscription. Default: 1,000.
    #[doc(hidden)]
    pub max_window: usize,
    /// The maximum number of related records that the conditions over relations of a subscription may
    /// match. Default: 10,000.
    #[doc(hidden)]
    pub max_inner_set: usize,
    /// The maximum number of records that enter or leave a subscription because related records have
    /// changed. If there are more, it restarts with an initial result. Default: 10,000.
    #[doc(hidden)]
    pub max_moved: usize,
    /// The maximum number of commits read from the log for a subscription that missed them. One that
    /// missed more restarts with an initial result. Default: 100,000.
    #[doc(hidden)]
    pub max_replayed: usize,
    /// The size of the newest commits kept in memory for subscriptions that are behind, in bytes.
    /// Default: 16 MiB.
    #[doc(hidden)]
    pub ring_capacity: usize,
    /// The number of unsent bytes of a connection above which the events of its subscriptions are held
    /// back. Default: 65,536.
    #[doc(hidden)]
    pub max_unsent_events: usize,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            max_subscriptions: 128,
            fold_after: 256,
            max_subscription_records: 10_000,
            max_snapshot: 8 * 1024 * 1024,
            max_scanned_groups: 1_000,
            max_window: 1_000,
            max_inner_set: 10_000,
            max_moved: 10_000,
            max_replayed: 100_000,
            ring_capacity: 16 * 1024 * 1024,
            max_unsent_events: 64 * 1024,
        }
    }
}

impl LiveConfig {
    /// Checks the range of each setting.
    pub(super) fn check(&self) -> Result<()> {
        check_counts(&[
            ("live.max_subscriptions", self.max_subscriptions),
            ("live.fold_after", self.fold_after),
            (
                "live.max_subscription_records",
                self.max_subscription_records,
            ),
            ("live.max_snapshot", self.max_snapshot),
            ("live.max_scanned_groups", self.max_scanned_groups),
            ("live.max_window", self.max_window),
            ("live.max_inner_set", self.max_inner_set),
            ("live.max_moved", self.max_moved),
            ("live.ring_capacity", self.ring_capacity),
            ("live.max_unsent_events", self.max_unsent_events),
        ])
    }
}
