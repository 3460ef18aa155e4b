//! A request as a future.

use super::command::{Command, SubmittedCall};
use super::request::{Effect, OutgoingRequest, RawReply};
use super::{ClientInner, closed};
use crate::core::config::MAX_DURATION;
use crate::core::error::{Error, Result};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

/// A request as a future; nothing is sent before it is awaited.
///
/// It takes effect once, even if the connection is lost meanwhile, within its
/// [`timeout`](Self::timeout). If this cannot be determined, the error has the
/// [`outcome`](Error::outcome) "unknown". A request that is dropped before it is sent is never sent.
#[must_use = "a request is sent when the future is awaited"]
pub struct Call<T> {
    shared: Arc<ClientInner>,
    request: Result<OutgoingRequest>,
    timeout: Duration,
    read: ReadResult<T>,
}

/// Reads the result of a reply.
pub(super) type ReadResult<T> = fn(&RawReply) -> Result<T>;

/// The result of a request, with its commit and its revision.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply<T> {
    /// The result.
    pub value: T,
    /// The commit that the result is a view of; for a write, the commit that it made.
    pub seq: Option<u64>,
    /// The revision of the record, if its resource has one.
    pub rev: Option<u64>,
}

/// Reads the result with serde.
pub(super) fn json<T: DeserializeOwned>(reply: &RawReply) -> Result<T> {
    serde_json::from_str(&reply.ok).map_err(|error| {
        Error::internal(format!(
            "the server's result can't be deserialized: {error}"
        ))
    })
}

/// A value that a client can send as the whole payload of a remote method.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be sent by a client as `{T}`",
    label = "must implement `Serialize` and be of type `{T}`",
    note = "add #[derive(serde::Serialize)] to `{T}`, or to the contained types that lack it"
)]
pub trait Argument<T> {
    #[doc(hidden)]
    fn json(&self) -> serde_json::Result<String>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Argument<T> for T {
    fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl<T> Call<T> {
    pub(super) fn new(
        shared: Arc<ClientInner>,
        resource: impl Into<Cow<'static, str>>,
        action: impl Into<Cow<'static, str>>,
        payload: Result<String>,
        effect: Effect,
        read: ReadResult<T>,
    ) -> Self {
        let timeout = shared.timeout;
        let request = payload.map(|payload| OutgoingRequest {
            resource: resource.into(),
            action: action.into(),
            payload,
            effect,
            key: None,
            if_rev: None,
            timeout_ms: None,
        });
        Self {
            shared,
            request,
            timeout,
            read,
        }
    }

    /// Sets a timeout for this request, which also applies on the server. Default: the client's
    /// [`timeout`](super::Builder::timeout), which is not sent to the server.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.timeout = timeout;
        self.with(|request| request.timeout_ms = Some(millis.max(1)))
    }

    /// Sets the idempotency key, a UUID of version 7: requests with the same key take effect once.
    /// Default: a new key for each call.
    pub fn key(self, key: Uuid) -> Self {
        self.with(|request| request.key = Some(key))
    }

    /// Fails with a conflict if the record has another revision.
    pub fn if_rev(self, rev: u64) -> Self {
        self.with(|request| request.if_rev = Some(rev))
    }

    fn with(mut self, change: impl FnOnce(&mut OutgoingRequest)) -> Self {
        if let Ok(request) = &mut self.request {
            change(request);
        }
        self
    }

    async fn raw_reply(self) -> Result<RawReply> {
        let (reply, replied) = oneshot::channel();
        let id = self.shared.next_id();
        // An `Instant` cannot hold every `Duration`.
        let now = Instant::now();
        let deadline = now + self.timeout.min(MAX_DURATION);
        let call = SubmittedCall {
            id,
            request: self.request?,
            deadline,
            reply,
        };
        self.shared.command(Command::Call(call));
        let mut guard = CallGuard {
            shared: self.shared,
            id,
            is_over: false,
        };
        let replied = replied.await;
        guard.is_over = true;
        replied.unwrap_or_else(|_| Err(closed()))
    }

    /// Sends the request, and returns the commit and the revision with the result.
    ///
    /// # Errors
    ///
    /// The error of the server, or the failure of the connection.
    pub async fn reply(self) -> Result<Reply<T>> {
        let read = self.read;
        let reply = self.raw_reply().await?;
        Ok(Reply {
            value: read(&reply)?,
            seq: reply.seq,
            rev: reply.rev,
        })
    }
}

impl<T: 'static> IntoFuture for Call<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let read = self.read;
        async move { read(&self.raw_reply().await?) }.boxed()
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Call");
        if let Ok(request) = &self.request {
            // The payload may be secret.
            shown.field("resource", &request.resource);
            shown.field("action", &request.action);
        }
        shown.finish_non_exhaustive()
    }
}

/// Cancels a request when the future that awaits its reply is dropped.
struct CallGuard {
    shared: Arc<ClientInner>,
    id: u64,
    is_over: bool,
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.command(Command::CancelCall(self.id));
        }
    }
}
