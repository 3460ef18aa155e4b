//! Timers.

use std::collections::{BTreeMap, BTreeSet};
use tokio::time::{Instant, sleep_until};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The request with this number times out.
    Deadline(u64),
    /// The request with this number may be sent again.
    CallAgain(u64),
    /// The subscription with this number may be sent again.
    SubscribeAgain(u64),
    /// The server may be asked again up to which commit the subscription with this number is complete.
    CheckWaits(u64),
    /// The connection should be open by now.
    Setup,
    /// The next attempt to connect is due.
    Reconnect,
    /// A message from the server should have arrived by now.
    Heartbeat,
    /// The identity is about to expire.
    Renew,
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    set: BTreeMap<Timer, Instant>,
    in_order: BTreeSet<(Instant, Timer)>,
}

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.clear(timer);
        self.set.insert(timer, at);
        self.in_order.insert((at, timer));
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        if let Some(at) = self.set.remove(&timer) {
            self.in_order.remove(&(at, timer));
        }
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.set.contains_key(&timer)
    }

    /// Waits for the next timer, and removes it.
    pub(super) async fn next(&mut self) -> Timer {
        let Some(&(at, timer)) = self.in_order.first() else {
            return std::future::pending().await;
        };
        sleep_until(at).await;
        self.clear(timer);
        timer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn timers_fire_in_order_and_reset_replaces() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        let after = |seconds| now + Duration::from_secs(seconds);
        timers.set(Timer::Heartbeat, after(1));
        timers.set(Timer::Setup, after(2));
        timers.set(Timer::Renew, after(3));
        timers.set(Timer::Heartbeat, after(4));
        timers.clear(Timer::Setup);
        assert!(timers.is_set(Timer::Heartbeat) && !timers.is_set(Timer::Setup));
        assert_eq!(timers.next().await, Timer::Renew);
        assert_eq!(timers.next().await, Timer::Heartbeat);
        assert_eq!(Instant::now(), after(4));
        assert!(!timers.is_set(Timer::Heartbeat));
    }
}
