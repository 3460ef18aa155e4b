//! The client: typed requests and live queries over a connection that reconnects automatically.
//!
//! One task per [`Client`] owns all state; the application's handles are ends of channels.

mod builder;
mod call;
mod children;
mod command;
mod conditions;
mod decode;
mod driver;
mod event;
mod find;
mod inbox;
mod link;
mod live;
mod live_count;
mod payload;
mod records;
mod remotes;
mod request;
mod settings;
mod subscription;
mod target;
#[cfg(feature = "tls")]
mod tls;
mod token;

pub use builder::Builder;
pub use call::{Argument, Call, Reply};
pub use children::Children;
pub use event::{ClientEvent, Data};
pub use find::{Page, RemoteFind};
#[cfg(feature = "server")]
pub(crate) use link::ByteStream;
pub use live::Live;
pub use live_count::LiveCount;
pub use records::RemoteRecords;
pub use remotes::{BigIntArgument, CallRemotes, DecodeOutput, MethodPayload};
#[doc(hidden)]
pub use request::RawReply;
pub use subscription::Subscription;
#[cfg(feature = "server")]
pub(crate) use target::{ConnectTarget, InProcessConnector};

use crate::core::clock::from_millis;
use crate::core::error::{Error, ErrorKind, Outcome, Result};
use crate::model::resource::Resource;
use command::Command;
use request::Effect;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::TypeId;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::{mpsc, oneshot, watch};

/// A client of a sockful server. Clones share one connection.
///
/// A lost connection is opened again after a random delay that doubles with each failure. Requests wait
/// meanwhile; reads without a reply are sent again, and so are writes, with an idempotency key under
/// which they take effect once. Subscriptions resume where they were.
///
/// The connection is closed when the last clone, and everything created from them, is dropped.
#[derive(Clone)]
pub struct Client {
    shared: Arc<ClientInner>,
}

/// The state that all handles of a client share.
struct ClientInner {
    commands: mpsc::UnboundedSender<Command>,
    last_id: AtomicU64,
    status: watch::Receiver<Status>,
    /// The timeout of requests without their own.
    timeout: Duration,
    /// The maximum number of unread events of a subscription.
    max_events: usize,
    /// The reason why the client cannot read the records of a type, or `None` if it can.
    unreadable: Mutex<HashMap<TypeId, Option<Arc<str>>>>,
}

/// The state of a client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// There is no connection, or authentication has not completed. Requests wait.
    Connecting,
    /// Requests are sent.
    Open,
    /// The client is closed for good.
    Closed,
}

impl Client {
    /// Connects to a server, such as `ws://127.0.0.1:8000`, with the default settings of [`Builder`].
    ///
    /// # Errors
    ///
    /// As for [`Builder::connect`].
    pub async fn connect(url: impl AsRef<str>) -> Result<Self> {
        Self::builder(url).connect().await
    }

    /// Creates a builder for a client of the server at `url`.
    pub fn builder(url: impl AsRef<str>) -> Builder {
        Builder::to(url.as_ref())
    }

    /// Returns the records of `R` on the server, and its remote methods.
    pub fn records<R: Resource>(&self) -> RemoteRecords<R> {
        RemoteRecords::new(self.shared.clone())
    }

    /// Sends a request to any route of the server, by its names on the wire.
    ///
    /// ```no_run
    /// # use sockful_runtime::{Result, client::Client};
    /// # async fn ask(client: Client) -> Result<()> {
    /// let time: u64 = client.call("clock", "now", &()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<T: DeserializeOwned>(
        &self,
        resource: impl Into<Cow<'static, str>>,
        action: impl Into<Cow<'static, str>>,
        payload: &(impl Serialize + ?Sized),
    ) -> Call<T> {
        let payload = serde_json::to_string(payload).map_err(|error| unsendable(&error));
        let action = action.into();
        let effect = match &*action {
            "get" | "find" | "all" | "count" | "schema" | "ping" | "changes" => Effect::ReadOnly,
            _ => Effect::Unknown,
        };
        let shared = self.shared.clone();
        Call::new(shared, resource, action, payload, effect, call::json)
    }

    /// Authenticates the client with `token`, on this connection and later ones. With `None` the client
    /// becomes unauthenticated. Returns when the identity expires, if it does.
    ///
    /// # Errors
    ///
    /// The error of the server if it rejects the token.
    pub async fn authenticate(&self, token: Option<String>) -> Result<Option<SystemTime>> {
        let (reply, expires) = oneshot::channel();
        let id = self.shared.next_id();
        let command = Command::Authenticate { id, token, reply };
        // If the task has ended, the channel is closed.
        self.shared.command(command);
        let expires = expires.await.unwrap_or_else(|_| Err(closed()))?;
        Ok(expires.and_then(from_millis))
    }

    /// Returns the current state of the connection.
    pub fn status(&self) -> Status {
        *self.shared.status.borrow()
    }

    /// Waits until the connection has the given state.
    pub async fn reaches(&self, status: Status) {
        let mut watch = self.shared.status.clone();
        // If the task has ended, its last state was `Closed`.
        let _ = watch.wait_for(|now| *now == status).await;
    }

    /// Closes the connection: waiting requests fail, and subscriptions end.
    pub async fn close(&self) {
        self.shared.command(Command::Close);
        self.reaches(Status::Closed).await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status();
        f.debug_struct("Client").field("status", &status).finish()
    }
}

impl ClientInner {
    /// Sends a command to the task. Returns whether the task runs.
    fn command(&self, command: Command) -> bool {
        self.commands.send(command).is_ok()
    }

    /// Returns a new request id. The ids of the application are even, those of the task are odd.
    fn next_id(&self) -> u64 {
        self.last_id.fetch_add(2, Ordering::Relaxed) + 2
    }

    /// Returns the reason why the client cannot read records of `R`, if any.
    fn unreadable<R: Resource>(&self) -> Option<Arc<str>> {
        let known = self.unreadable.lock();
        known
            .unwrap_or_else(PoisonError::into_inner)
            .entry(TypeId::of::<R>())
            .or_insert_with(|| decode::unreadable::<R>().map(Arc::from))
            .clone()
    }
}

/// Returns the error of every request to a closed client.
fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the client is closed").with_outcome(Outcome::NotApplied)
}

/// Returns the error of a payload that cannot be serialized.
fn unsendable(error: &serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!("the payload can't be serialized as JSON: {error}"),
    )
}

/// Returns the error of a request whose result the client could not read.
fn unreadable(why: &str) -> Error {
    Error::new(ErrorKind::Invalid, why.to_owned())
}
