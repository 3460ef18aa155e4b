//! A request that is awaited.

use super::asked::{Answer, Asked, Manner};
use super::driver::{Ask, Command};
use super::{Shared, closed};
use crate::core::config::A_YEAR;
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

/// A request, to be awaited: nothing is sent before.
///
/// It is done once, also where the connection ends meanwhile, for as long as its [`timeout`](Self::timeout)
/// lasts; where that can't be known, the error has the [`outcome`](Error::outcome) "unknown". One that is
/// dropped before it is sent is never sent.
#[must_use = "nothing is asked before it is awaited"]
pub struct Call<T> {
    shared: Arc<Shared>,
    asked: Result<Asked>,
    timeout: Duration,
    read: Read<T>,
}

/// How a result is read.
pub(super) type Read<T> = fn(Raw<'_>) -> Result<T>;

/// What the server answered, with what it says beside the result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply<T> {
    /// The result.
    pub value: T,
    /// The commit that the result is a view of; for a write, the one that it made.
    pub seq: Option<u64>,
    /// The revision of the record, where its resource keeps one.
    pub rev: Option<u64>,
}

/// A result as it came.
#[doc(hidden)]
#[derive(Debug)]
pub struct Raw<'a>(pub(super) &'a Answer);

/// Reads what serde can.
pub(super) fn json<T: DeserializeOwned>(Raw(answer): Raw<'_>) -> Result<T> {
    serde_json::from_str(&answer.ok)
        .map_err(|error| Error::internal(format!("the server's result can't be read: {error}")))
}

/// What a remote method takes as its whole payload.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be sent by a client as a `{T}`",
    label = "needs `Serialize`, and to be a `{T}`",
    note = "add #[derive(serde::Serialize)] to `{T}`, or to the types in it that lack it"
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
        shared: Arc<Shared>,
        resource: impl Into<Cow<'static, str>>,
        action: impl Into<Cow<'static, str>>,
        payload: Result<String>,
        manner: Manner,
        read: Read<T>,
    ) -> Self {
        let timeout = shared.timeout;
        let asked = payload.map(|payload| Asked {
            resource: resource.into(),
            action: action.into(),
            payload,
            manner,
            key: None,
            if_rev: None,
            timeout_ms: None,
        });
        Self {
            shared,
            asked,
            timeout,
            read,
        }
    }

    /// Gives up after this time, and has the server give up. Default is the client's
    /// [`timeout`](super::Builder::timeout), of which the server does not hear.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.timeout = timeout;
        self.with(|asked| asked.timeout_ms = Some(millis.max(1)))
    }

    /// Is the request of this key, a UUID of version 7: whatever is sent under it takes effect once.
    /// Default is a key made for this call.
    pub fn key(self, key: Uuid) -> Self {
        self.with(|asked| asked.key = Some(key))
    }

    /// Fails with a conflict where the record has another revision.
    pub fn if_rev(self, rev: u64) -> Self {
        self.with(|asked| asked.if_rev = Some(rev))
    }

    fn with(mut self, change: impl FnOnce(&mut Asked)) -> Self {
        if let Ok(asked) = &mut self.asked {
            change(asked);
        }
        self
    }

    async fn answer(self) -> Result<Answer> {
        let (answer, answered) = oneshot::channel();
        let id = self.shared.next_id();
        // A time that no clock has is none.
        let now = Instant::now();
        let deadline = now + self.timeout.min(A_YEAR);
        let ask = Ask {
            id,
            asked: self.asked?,
            deadline,
            answer,
        };
        self.shared.command(Command::Ask(ask));
        let mut asking = Asking {
            shared: self.shared,
            id,
            is_over: false,
        };
        let answered = answered.await;
        asking.is_over = true;
        answered.unwrap_or_else(|_| Err(closed()))
    }

    /// Asks, and gives what the server says beside the result as well.
    ///
    /// # Errors
    ///
    /// What the server refuses, and what becomes of requests that it can't answer.
    pub async fn reply(self) -> Result<Reply<T>> {
        let read = self.read;
        let answer = self.answer().await?;
        Ok(Reply {
            value: read(Raw(&answer))?,
            seq: answer.seq,
            rev: answer.rev,
        })
    }
}

impl<T: 'static> IntoFuture for Call<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let read = self.read;
        async move { read(Raw(&self.answer().await?)) }.boxed()
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Call");
        if let Ok(asked) = &self.asked {
            // What is written may be nothing to be seen in a log.
            shown.field("resource", &asked.resource);
            shown.field("action", &asked.action);
        }
        shown.finish_non_exhaustive()
    }
}

/// A request that is waited for: let go of with who waits.
struct Asking {
    shared: Arc<Shared>,
    id: u64,
    is_over: bool,
}

impl Drop for Asking {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.command(Command::Forget(self.id));
        }
    }
}
