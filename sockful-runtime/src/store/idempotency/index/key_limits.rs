//! The limits of the index, and the callers' shares of them.

use super::{HORIZON_WEIGHT, MAX_SKEW_MILLIS, YOUNG};
use crate::store::StoreLimits;

/// The limits of the index.
#[derive(Debug)]
pub(super) struct KeyLimits {
    pub(super) retention: u64,
    pub(super) per_caller: usize,
    pub(super) all: usize,
    pub(super) capacity: usize,
}

impl From<&StoreLimits> for KeyLimits {
    fn from(limits: &StoreLimits) -> Self {
        Self {
            retention: u64::try_from(limits.key_retention.as_millis()).unwrap_or(u64::MAX),
            per_caller: limits.max_keys_per_caller,
            all: limits.max_keys,
            capacity: limits.key_capacity,
        }
    }
}

impl KeyLimits {
    /// Returns the share of the limits that these entries use, in a unit that is the same for all
    /// callers: the larger of the shares of `all` and of `capacity`.
    pub(super) fn share(&self, entries: usize, weight: usize) -> u128 {
        let by_weight = weight as u128 * self.all as u128;
        by_weight.max(entries as u128 * self.capacity as u128)
    }

    /// Returns the share of each caller if there are this many.
    pub(super) fn equal_share(&self, callers: usize) -> u128 {
        self.all as u128 * self.capacity as u128 / callers.max(1) as u128
    }

    /// Returns the effective horizon at `now`.
    ///
    /// If the horizon is further ahead than removed keys can be older than it, the clock was wrong when
    /// it rose, and keys that are young now were created later. A nearer horizon is kept: the clock was
    /// set back, and removed keys may be sent again.
    pub(super) fn horizon_at(&self, horizon: u64, now: u64) -> u64 {
        if horizon > now.saturating_add(self.retention.max(MAX_SKEW_MILLIS)) {
            now.saturating_sub(YOUNG)
        } else {
            horizon
        }
    }

    /// Returns the maximum number of horizons of callers without entries.
    pub(super) fn horizons(&self) -> usize {
        self.all.min(self.capacity / HORIZON_WEIGHT)
    }
}
