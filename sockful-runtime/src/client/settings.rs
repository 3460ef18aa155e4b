//! How a client connects, waits and gives up.

use crate::core::config::A_YEAR;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// How long a request may take.
    pub(super) timeout: Duration,
    /// How many requests may wait for a connection.
    pub(super) max_queue: usize,
    /// How many events may wait for who follows a subscription.
    pub(super) max_events: usize,
    /// After what silence the server is asked for a sign of life.
    pub(super) heartbeat: Duration,
    /// How long a connection may take to stand, and a sign of life to come.
    pub(super) patience: Duration,
    /// The longest time before the second attempt to connect.
    pub(super) min_backoff: Duration,
    /// The longest time before any.
    pub(super) max_backoff: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            max_queue: 1_000,
            max_events: 1_000,
            heartbeat: Duration::from_secs(30),
            patience: Duration::from_secs(10),
            min_backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(20),
        }
    }
}

impl Settings {
    /// The same, without times that no clock reaches.
    pub(super) fn bounded(self) -> Self {
        let bounded = |time: Duration| time.min(A_YEAR);
        Self {
            timeout: bounded(self.timeout),
            heartbeat: bounded(self.heartbeat),
            patience: bounded(self.patience),
            min_backoff: bounded(self.min_backoff),
            max_backoff: bounded(self.max_backoff),
            ..self
        }
    }

    /// How long to wait after so many attempts that failed: anything up to a bound that doubles, so
    /// that those who were cut off together do not come back together.
    pub(super) fn backoff(&self, attempts: u32) -> Duration {
        let bound = self.min_backoff.saturating_mul(1 << attempts.min(16));
        bound.min(self.max_backoff).mul_f64(random())
    }

    /// How long to wait after so many refusals in a row that do not last.
    pub(super) fn pause(&self, retry_after: Option<Duration>, tries: u32) -> Duration {
        let growing = self.min_backoff.saturating_mul(1 << tries.min(16));
        let least = growing
            .min(self.max_backoff)
            .max(retry_after.unwrap_or_default());
        least.min(A_YEAR) + self.min_backoff.mul_f64(random())
    }
}

/// A number from 0 to 1, which nobody need be unable to guess.
fn random() -> f64 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
    f64::from(u32::from_ne_bytes([a, b, c, d])) / f64::from(u32::MAX)
}
