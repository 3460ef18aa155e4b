//! The latency of look-ups.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The approximate time to wake another thread and to receive its result.
const ANOTHER_THREAD: Duration = Duration::from_micros(50);

/// The moving average of the duration of look-ups, in which each new one counts a sixteenth.
///
/// If the pages are cached, as they usually are, a look-up completes before another thread would have
/// started. If it waits for the disk, it must not block the caller's thread.
#[derive(Debug, Default)]
pub(crate) struct LookupLatency {
    nanos: AtomicU64,
}

impl LookupLatency {
    /// Returns whether a look-up takes no longer than waking another thread.
    pub(crate) fn is_quick(&self) -> bool {
        Duration::from_nanos(self.nanos.load(Relaxed)) < ANOTHER_THREAD
    }

    /// Adds the duration of a look-up. Some of several concurrent updates may be lost.
    pub(crate) fn record(&self, taken: Duration) {
        let taken = u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX);
        let mean = self.nanos.load(Relaxed);
        self.nanos.store(mean - mean / 16 + taken / 16, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_lookup_counts_until_quick_ones_follow() {
        let latency = LookupLatency::default();
        assert!(latency.is_quick());
        latency.record(Duration::from_millis(10));
        assert!(!latency.is_quick());
        for _ in 0..50 {
            latency.record(Duration::from_micros(10));
        }
        assert!(latency.is_quick());
    }
}
