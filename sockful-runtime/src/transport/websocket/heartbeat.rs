//! The timers of a connection: when to ping, and when to give up on a peer.

use super::wake_set::WakeSource;
use crate::core::config::Config;
use std::pin::Pin;
use std::task::{Poll, ready};
use tokio::time::{Duration, Instant, Sleep, sleep_until};

#[derive(Debug)]
pub(super) struct Heartbeat {
    sleep: Pin<Box<Sleep>>,
    /// Woken when the timer elapses.
    wake_source: WakeSource,
    interval: Duration,
    pong_timeout: Duration,
    write_timeout: Duration,
    ping_at: Instant,
    /// The deadline for receiving something, and the number of bytes received at the ping.
    pong_by: Option<(Instant, u64)>,
    /// The deadline for sending something, and the number of bytes sent when the wait started.
    sent_by: Option<(Instant, u64)>,
}

/// The action that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Ping,
    /// Nothing was received since the ping.
    Silent,
    /// None of the pending output could be sent.
    Stuck,
}

impl Heartbeat {
    pub(super) fn new(config: &Config, wake_source: WakeSource) -> Self {
        let ping_at = Instant::now() + config.connection.ping_interval;
        Self {
            sleep: Box::pin(sleep_until(ping_at)),
            wake_source,
            interval: config.connection.ping_interval,
            pong_timeout: config.connection.pong_timeout,
            write_timeout: config.connection.write_timeout,
            ping_at,
            pong_by: None,
            sent_by: None,
        }
    }

    /// Updates whether bytes wait to be sent, and how many have been sent so far.
    pub(super) fn note_waiting(&mut self, waits: bool, sent: u64) {
        match self.sent_by {
            _ if !waits => self.sent_by = None,
            Some((_, before)) if before == sent => {}
            _ => {
                let by = Instant::now() + self.write_timeout;
                self.sent_by = Some((by, sent));
                if by < self.sleep.deadline() {
                    self.sleep.as_mut().reset(by);
                    self.wake_source.mark_woken();
                }
            }
        }
    }

    /// Waits for the next action that is due. `received` is the number of bytes received so far.
    /// The pong timeout does not run while reading is paused.
    pub(super) fn poll(&mut self, received: u64, is_reading: bool) -> Poll<Beat> {
        if let Some((by, _)) = &mut self.pong_by
            && !is_reading
        {
            *by = Instant::now() + self.pong_timeout;
        }
        loop {
            ready!(self.wake_source.poll(|cx| self.sleep.as_mut().poll(cx)));
            let now = Instant::now();
            let due = self.due(now, received);
            let ends = [
                Some(self.ping_at),
                self.pong_by.map(|by| by.0),
                self.sent_by.map(|by| by.0),
            ];
            let next = ends.into_iter().flatten().min().unwrap_or(self.ping_at);
            self.sleep.as_mut().reset(next);
            if let Some(beat) = due {
                return Poll::Ready(beat);
            }
        }
    }

    fn due(&mut self, now: Instant, received: u64) -> Option<Beat> {
        if self.sent_by.is_some_and(|(by, _)| by <= now) {
            return Some(Beat::Stuck);
        }
        if let Some((by, before)) = self.pong_by {
            if received > before {
                self.pong_by = None;
            } else if by <= now {
                return Some(Beat::Silent);
            }
        }
        if self.ping_at <= now {
            self.ping_at = now + self.interval;
            if self.pong_by.is_none() {
                self.pong_by = Some((now + self.pong_timeout, received));
            }
            return Some(Beat::Ping);
        }
        None
    }
}
