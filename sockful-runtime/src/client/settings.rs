//! The settings of a client.

use crate::core::config::MAX_DURATION;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The default timeout of a request.
    pub(super) timeout: Duration,
    /// The maximum number of requests that wait for a connection.
    pub(super) max_queue: usize,
    /// The maximum number of unread events of a subscription.
    pub(super) max_events: usize,
    /// The time without a message after which the server is pinged.
    pub(super) heartbeat: Duration,
    /// The timeout of connecting, and of the reply to a ping.
    pub(super) patience: Duration,
    /// The maximum delay before the second attempt to connect.
    pub(super) min_backoff: Duration,
    /// The maximum delay before any attempt.
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
    /// Limits durations to what timers support.
    pub(super) fn bounded(self) -> Self {
        let bounded = |time: Duration| time.min(MAX_DURATION);
        Self {
            timeout: bounded(self.timeout),
            heartbeat: bounded(self.heartbeat),
            patience: bounded(self.patience),
            min_backoff: bounded(self.min_backoff),
            max_backoff: bounded(self.max_backoff),
            ..self
        }
    }

    /// Returns the delay after `attempts` failures: random up to a bound that doubles, so that clients
    /// which were disconnected together do not reconnect together.
    pub(super) fn backoff(&self, attempts: u32) -> Duration {
        let bound = self.min_backoff.saturating_mul(1 << attempts.min(16));
        bound.min(self.max_backoff).mul_f64(random())
    }

    /// Returns the delay after this many consecutive temporary rejections.
    pub(super) fn pause(&self, retry_after: Option<Duration>, tries: u32) -> Duration {
        let growing = self.min_backoff.saturating_mul(1 << tries.min(16));
        let least = growing
            .min(self.max_backoff)
            .max(retry_after.unwrap_or_default());
        least.min(MAX_DURATION) + self.min_backoff.mul_f64(random())
    }
}

/// Returns a number from 0 to 1, which need not be unpredictable.
fn random() -> f64 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
    f64::from(u32::from_ne_bytes([a, b, c, d])) / f64::from(u32::MAX)
}
