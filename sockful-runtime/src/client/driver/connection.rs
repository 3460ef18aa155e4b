//! The connection: how it comes to stand, who the client is on it, and how it ends.

use super::calls::ForWhom;
use super::{Driver, Timer};
use crate::client::Status;
use crate::client::link::{Incoming, Link, Ws};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::json::object::Object;
use crate::protocol::frame;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

/// A connection that stood so long is no failed attempt.
const STABLE: Duration = Duration::from_secs(5);

/// What the server says first.
#[derive(Debug)]
pub(super) struct Greeting {
    /// The server's time, in milliseconds since 1970.
    time: u64,
    at: Instant,
    pub(super) max_frame: Option<usize>,
}

#[derive(Deserialize)]
struct Hello {
    time: u64,
    #[serde(default)]
    keys: bool,
    #[serde(default)]
    limits: Limits,
}

#[derive(Default, Deserialize)]
struct Limits {
    max_frame: Option<usize>,
}

impl Driver {
    pub(super) fn open(&mut self) {
        let now = Instant::now();
        (self.begun, self.heard) = (now, now);
        self.timers.set(Timer::Setup, now + self.settings.patience);
        let opening: BoxFuture<'static, Result<Ws>> = Box::pin(self.target.clone().open());
        self.opening = Some(opening).into();
    }

    pub(super) fn opened(&mut self, opened: Result<Ws>) {
        self.opening = None.into();
        match opened {
            Ok(ws) => self.link = Some(Link::over(ws)),
            Err(error) => self.lost(Some(error)),
        }
    }

    /// Takes what came over the connection.
    pub(super) fn came(&mut self, incoming: Option<Incoming>) {
        self.heard = Instant::now();
        match incoming {
            None => self.lost(None),
            Some(Incoming::Alive) => {}
            Some(Incoming::Text(text)) => {
                if let Err(error) = self.take(&text) {
                    // Whoever does not speak the protocol is no server of ours.
                    self.lost(Some(error));
                }
            }
        }
    }

    fn take(&mut self, text: &str) -> Result<()> {
        let frame = frame::parse(text).map_err(|bad| bad.error)?;
        let payload = Object::parse(frame.payload)?;
        let id = frame.head.ack().and_then(|ack| ack.parse().ok());
        let is_reply = payload.has("ok") || payload.has("err");
        match (&*frame.resource, &*frame.action, id) {
            (_, _, Some(id)) if is_reply => {
                if !self.answered(id, &payload) {
                    self.subscribed(id, &payload);
                }
            }
            ("sockful", "hello", _) => {
                let hello = serde_json::from_str(frame.payload);
                self.greeted(&hello.map_err(|error| Error::bad_frame(&error))?);
            }
            ("sockful", "expired", _) => {
                self.may_key = false;
                self.identify();
            }
            // What it does not know is of a later version.
            ("sockful", _, _) | (_, _, None) => {}
            (_, event, Some(id)) => self.told(id, event, &payload),
        }
        Ok(())
    }

    fn greeted(&mut self, hello: &Hello) {
        self.may_key = hello.keys;
        self.greeting = Some(Greeting {
            time: hello.time,
            at: Instant::now(),
            max_frame: hello.limits.max_frame,
        });
        self.identify();
    }

    pub(super) fn ready(&mut self) {
        self.timers.clear(Timer::Setup);
        self.is_ready = true;
        self.turn(Status::Open);
        if let Some(opened) = self.opened.take() {
            let _ = opened.send(Ok(()));
        }
        self.timers
            .set(Timer::Beat, self.heard + self.settings.heartbeat);
        self.send_waiting();
        self.begin_waiting();
    }

    /// Asks for a sign of life after a silence.
    pub(super) fn beat(&mut self) {
        let due = self.heard + self.settings.heartbeat;
        let now = Instant::now();
        if now < due {
            return self.timers.set(Timer::Beat, due);
        }
        if now >= due + self.settings.patience {
            return self.lost(None);
        }
        self.ask_myself("ping", "null".to_owned(), ForWhom::Beat);
        self.timers.set(Timer::Beat, due + self.settings.patience);
    }

    /// The connection has ended, or there was none; what was sent may be lost with it.
    pub(super) fn lost(&mut self, why: Option<Error>) {
        if let Some(error) = &why {
            tracing::debug!(?error, "there is no connection");
        }
        (self.link, self.fetching, self.is_ready) = (None, None, false);
        self.opening = None.into();
        for timer in [Timer::Setup, Timer::Beat, Timer::Renew] {
            self.timers.clear(timer);
        }
        if let Some(opened) = self.opened.take() {
            let error = why.unwrap_or_else(|| {
                Error::new(
                    ErrorKind::Unavailable,
                    "the connection ended before it stood",
                )
            });
            // Who hears of it gives the client up, and with it this task.
            let _ = opened.send(Err(error));
            return;
        }
        if self.begun.elapsed() > STABLE {
            self.attempts = 0;
        }
        let again = Instant::now() + self.settings.backoff(self.attempts);
        self.attempts += 1;
        self.timers.set(Timer::Reconnect, again);
        self.turn(Status::Connecting);
        self.cut_calls();
        self.cut_subscriptions();
    }

    fn turn(&self, status: Status) {
        self.status.send_if_modified(|now| {
            let is_another = *now != status;
            *now = status;
            is_another
        });
    }

    /// The time of the server, in milliseconds since 1970.
    pub(super) fn server_time(&self) -> u64 {
        let Some(greeting) = &self.greeting else {
            return 0;
        };
        let since = u64::try_from(greeting.at.elapsed().as_millis()).unwrap_or_default();
        greeting.time.saturating_add(since)
    }
}
