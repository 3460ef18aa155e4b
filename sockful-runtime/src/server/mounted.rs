//! The server as a service that is mounted beside the application's own routes.

use super::ServerHandle;
use crate::core::error::{Error, ErrorKind};
use crate::core::shutdown;
use crate::core::shutdown::{Shutdown, Trigger};
use crate::engine::session::Session;
use crate::transport::drain::drain;
use crate::transport::http::respond::respond;
use crate::transport::http::{Body, Listener};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::http::request::Parts;
use hyper::{Request, Response};
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// The `retry_after` of the error if the server is full or shuts down.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The server as a `tower::Service` that can be mounted in an application of axum or hyper.
///
/// Returned by [`ServerHandle::service`] and [`Server::into_service`](crate::Server::into_service).
///
/// It opens a WebSocket at any path at which the application passes a handshake to it, and serves
/// the explorer and its other files below the path that it is mounted at. All other requests are
/// answered with 404.
///
/// The outer server reads the requests, so limits on their headers and duration are up to that
/// server. It has to serve HTTP/1.1 with upgrades. A WebSocket over HTTP/2 is not supported.
#[derive(Clone)]
pub struct MountedServer {
    server: ServerHandle,
    peer: Arc<PeerOf>,
}

type PeerOf = dyn Fn(&Parts) -> Option<SocketAddr> + Send + Sync;

/// The connections that arrived through services.
#[derive(Debug)]
pub(super) struct MountedConnections {
    /// The shutdown signal for new connections; `None` if no more are accepted.
    open: Mutex<Option<Shutdown>>,
    /// Held while the connections are drained.
    trigger: tokio::sync::Mutex<Option<Trigger>>,
}

impl Default for MountedConnections {
    fn default() -> Self {
        let (trigger, shutdown) = shutdown::channel();
        Self {
            open: Mutex::new(Some(shutdown)),
            trigger: tokio::sync::Mutex::new(Some(trigger)),
        }
    }
}

impl MountedConnections {
    /// The shutdown signal for a new connection; `None` if no more are accepted.
    fn enter(&self) -> Option<Shutdown> {
        self.open().clone()
    }

    fn open(&self) -> MutexGuard<'_, Option<Shutdown>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerHandle {
    /// Returns the server as a service to mount beside the application's own routes. All services
    /// of one server share its state.
    pub fn service(&self) -> MountedServer {
        self.listeners.is_mounted.store(true, Ordering::Relaxed);
        MountedServer {
            server: self.clone(),
            peer: Arc::new(|_| None),
        }
    }

    /// Drains the connections that arrived through [services](Self::service): stops reading from
    /// them, replies to running requests, and cuts the remaining ones after
    /// [`connection.shutdown_timeout`](crate::config::ConnectionConfig::shutdown_timeout). No
    /// handshake is accepted from then on.
    ///
    /// The outer server does not wait for these connections, because it considers a connection done
    /// once it has become a WebSocket. Concurrent calls wait for the same end. If the future is
    /// dropped, the connections are cut.
    pub async fn drain(&self) {
        *self.mounted_connections.open() = None;
        let mut trigger = self.mounted_connections.trigger.lock().await;
        if let Some(trigger) = trigger.take() {
            drain(&self.app, trigger).await;
        }
    }
}

impl MountedServer {
    /// Sets the function that returns the client's address for a request, which only the outer
    /// server knows: in axum from `ConnectInfo`, behind a proxy from a header of the proxy. It
    /// becomes the [peer](crate::Context::peer) of requests over the connection, and counts for
    /// [`max_connections_per_address`](crate::Config::max_connections_per_address). Without it
    /// there is no peer and no limit by address.
    #[must_use]
    pub fn peer(
        mut self,
        find: impl Fn(&Parts) -> Option<SocketAddr> + Send + Sync + 'static,
    ) -> Self {
        self.peer = Arc::new(find);
        self
    }
}

impl<B> Service<Request<B>> for MountedServer
where
    B: hyper::body::Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let address = (self.peer)(&parts);
        let request = Request::from_parts(parts, body);
        let server = self.server.clone();
        async move {
            let session = Session::new(server.app.clone(), address);
            let enter = || {
                let shutdown = server.mounted_connections.enter();
                let shutdown = shutdown.ok_or_else(|| refusal("the server is shutting down"))?;
                let permit = server.limits.admit(address.map(|address| address.ip()));
                let permit = permit.map_err(|setting| {
                    tracing::debug!(?address, setting, "connection refused");
                    refusal(crate::transport::connection_limits::full(setting))
                })?;
                Ok((permit, shutdown))
            };
            // How the outer server listens is unknown here. It also waits for requests by itself.
            let listener = Listener {
                is_at_root: false,
                is_tls: false,
                is_loopback: false,
            };
            Ok(respond(request, listener, session, enter, pending()).await)
        }
        .boxed()
    }
}

fn refusal(text: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unavailable, text).with_retry_after(RETRY_AFTER)
}

impl fmt::Debug for MountedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MountedServer")
    }
}
