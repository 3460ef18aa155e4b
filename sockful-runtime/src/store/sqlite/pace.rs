//! How long look-ups take.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What it takes, about, to have another thread do something and to hear of it.
const ANOTHER_THREAD: Duration = Duration::from_micros(50);

/// The mean time of look-ups, of which each newer one counts a sixteenth.
///
/// Where the system has the pages at hand, which it mostly has, a look-up is over before another
/// thread would have begun with it. Where it waits for the disk, nobody else is to wait for it.
#[derive(Debug, Default)]
pub(super) struct Pace {
    nanos: AtomicU64,
}

impl Pace {
    /// Whether a look-up takes no longer than to have another thread make it.
    pub(super) fn is_quick(&self) -> bool {
        Duration::from_nanos(self.nanos.load(Relaxed)) < ANOTHER_THREAD
    }

    /// Takes in how long one took. Of those that come at once one may be lost.
    pub(super) fn note(&self, taken: Duration) {
        let taken = u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX);
        let mean = self.nanos.load(Relaxed);
        self.nanos.store(mean - mean / 16 + taken / 16, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_waits_for_the_disk_is_slow_and_some_quick_ones_make_up_for_it() {
        let pace = Pace::default();
        assert!(pace.is_quick());
        pace.note(Duration::from_millis(10));
        assert!(!pace.is_quick());
        for _ in 0..50 {
            pace.note(Duration::from_micros(10));
        }
        assert!(pace.is_quick());
    }
}
