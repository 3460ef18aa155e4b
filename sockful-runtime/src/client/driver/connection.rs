//! The connection: opening it, its messages, and its end.

use super::calls::ReplyTarget;
use super::{Driver, Timer};
use crate::client::Status;
use crate::client::link::{ClientWebSocket, Link, ServerMessage};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::json::object::Object;
use crate::protocol::frame;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

/// A connection that was open for longer than this resets the backoff.
const STABLE: Duration = Duration::from_secs(5);

/// The last `hello` of the server.
#[derive(Debug)]
pub(super) struct ServerInfo {
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
    limits: HelloLimits,
}

#[derive(Default, Deserialize)]
struct HelloLimits {
    max_frame: Option<usize>,
}

impl Driver {
    pub(super) fn open(&mut self) {
        let now = Instant::now();
        self.heard = now;
        self.timers.set(Timer::Setup, now + self.settings.patience);
        let opening: BoxFuture<'static, Result<ClientWebSocket>> =
            Box::pin(self.target.clone().open());
        self.opening = Some(opening).into();
    }

    pub(super) fn opened(&mut self, opened: Result<ClientWebSocket>) {
        self.opening = None.into();
        match opened {
            Ok(ws) => self.link = Some(Link::over(ws)),
            Err(error) => {
                let refusal = (error.kind() == ErrorKind::Forbidden).then(|| error.to_string());
                self.lost(Some(error));
                if let Some(refusal) = refusal {
                    self.refused_handshake(refusal);
                }
            }
        }
    }

    /// Handles a message, or the end of the connection.
    pub(super) fn received(&mut self, incoming: Option<ServerMessage>) {
        self.heard = Instant::now();
        match incoming {
            None => self.lost(None),
            Some(ServerMessage::Other) => {}
            Some(ServerMessage::Close(code)) => self.close_code = Some(code),
            Some(ServerMessage::Text(text)) => {
                if let Err(error) = self.take(&text) {
                    // Not a sockful server.
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
                self.renew_identity();
            }
            // Unknown frames belong to a later version of the protocol.
            ("sockful", _, _) | (_, _, None) => {}
            (_, event, Some(id)) => self.received_event(id, event, &payload),
        }
        Ok(())
    }

    fn greeted(&mut self, hello: &Hello) {
        self.may_key = hello.keys;
        self.refusal = None;
        self.server_info = Some(ServerInfo {
            time: hello.time,
            at: Instant::now(),
            max_frame: hello.limits.max_frame,
        });
        self.identify();
    }

    pub(super) fn ready(&mut self) {
        self.timers.clear(Timer::Setup);
        self.is_ready = true;
        self.ready_since.get_or_insert_with(Instant::now);
        self.set_status(Status::Open);
        if let Some(opened) = self.opened.take() {
            let _ = opened.send(Ok(()));
        }
        self.timers
            .set(Timer::Heartbeat, self.heard + self.settings.heartbeat);
        self.send_waiting();
    }

    /// Sends a ping after a silence, and gives the connection up if no response arrives.
    pub(super) fn heartbeat(&mut self) {
        let due = self.heard + self.settings.heartbeat;
        let now = Instant::now();
        if now < due {
            return self.timers.set(Timer::Heartbeat, due);
        }
        if now >= due + self.settings.patience {
            return self.lost(None);
        }
        self.send_own_request("ping", "null".to_owned(), ReplyTarget::Heartbeat);
        self.timers
            .set(Timer::Heartbeat, due + self.settings.patience);
    }

    /// Handles the end of a connection, or a failed attempt to connect.
    pub(super) fn lost(&mut self, why: Option<Error>) {
        if let Some(error) = &why {
            tracing::debug!(?error, "connection lost");
        }
        (self.link, self.fetching, self.is_ready) = (None, None, false);
        self.opening = None.into();
        for timer in [Timer::Setup, Timer::Heartbeat, Timer::Renew] {
            self.timers.clear(timer);
        }
        if let Some(opened) = self.opened.take() {
            let error = why.unwrap_or_else(|| {
                Error::new(
                    ErrorKind::Unavailable,
                    "the connection ended during the handshake",
                )
            });
            // The caller drops the client, which ends this task.
            let _ = opened.send(Err(error));
            return;
        }
        let is_fault = self.note_close();
        // A server that accepts but stays silent does not count as open, regardless of the duration.
        let was_open = self.ready_since.take();
        if !is_fault && was_open.is_some_and(|since| since.elapsed() > STABLE) {
            self.attempts = 0;
        }
        let again = Instant::now() + self.settings.backoff(self.attempts);
        self.attempts += 1;
        self.timers.set(Timer::Reconnect, again);
        self.set_status(Status::Connecting);
        self.disconnect_calls();
        self.disconnect_subscriptions();
    }

    fn set_status(&self, status: Status) {
        self.status.send_if_modified(|now| {
            let is_another = *now != status;
            *now = status;
            is_another
        });
    }

    /// Returns the time of the server, in milliseconds since 1970.
    pub(super) fn server_time(&self) -> u64 {
        let Some(server_info) = &self.server_info else {
            return 0;
        };
        let since = u64::try_from(server_info.at.elapsed().as_millis()).unwrap_or_default();
        server_info.time.saturating_add(since)
    }
}
