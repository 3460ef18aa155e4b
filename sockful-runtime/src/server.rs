//! The builder of a server, and the handle of an open server.

pub mod cli;
#[cfg(not(all(feature = "tls", feature = "tower")))]
mod disabled;
#[cfg(feature = "tower")]
mod mounted;

#[cfg(feature = "tower")]
pub use mounted::MountedServer;

use crate::core::clock::{Clock, to_millis};
use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::shutdown::shutdown_signal;
use crate::engine::app::{App, Setup};
use crate::engine::app_state::AppState;
use crate::engine::auth::caller::Caller;
use crate::engine::auth::credentials::Credentials;
use crate::engine::auth::{authenticator::Authenticator, identity::Identity};
use crate::engine::call::context::Context;
use crate::engine::call::records::Records;
use crate::engine::session::Session;
use crate::engine::table::Resources;
use crate::model::resource::Resource;
use crate::spec::openapi;
use crate::spec::openapi::OpenApiSource;
use crate::spec::{asyncapi, typescript};
use crate::store::{Memory, Store};
use crate::transport::accept::Transport;
use crate::transport::connection_limits::ConnectionLimits;
#[cfg(feature = "tls")]
use crate::transport::tls::TlsConfig;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::SystemTime;
use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};

/// A builder for a server of resources.
///
/// By default it keeps its records in memory, and every client has full access.
#[derive(Debug)]
#[must_use = "a server does nothing until it listens"]
pub struct Server {
    resources: Resources,
    store: Option<Arc<dyn Store>>,
    state: AppState,
    config: Config,
    clock: Clock,
    authenticator: Option<Authenticator>,
}

impl Server {
    /// Creates a server for a list of resources, which `resources![…]` returns.
    pub fn new(resources: Resources) -> Self {
        Self {
            resources,
            store: None,
            state: AppState::default(),
            config: Config::default(),
            clock: Clock::default(),
            authenticator: None,
        }
    }

    /// Stores the records in `store`, with the limits of the [config](Self::config) unless it has
    /// its own. The default is [`Memory`].
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Shares a value with all remote methods, which access it by its type with
    /// [`Context::state`](crate::Context::state). A second value of the same type replaces the
    /// first.
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.state.insert(state);
        self
    }

    /// Authenticates clients with `authenticator`. Policies, hooks and methods see the identity that it
    /// returns.
    ///
    /// It is called at a handshake that has an `Authorization` header or cookies, and for each
    /// `["sockful", "authenticate", {"token": …}]` afterwards. A handshake is rejected with 401 if its
    /// `Authorization` is rejected; a client whose cookies are rejected is unauthenticated. If
    /// `authenticator` fails or panics, the client is not authenticated.
    ///
    /// With an authenticator every resource requires an identity unless it has `#[resource(public)]`,
    /// and so does the description unless
    /// [`access.public_schema`](crate::config::AccessConfig::public_schema) is true. Without one, every
    /// client has full access.
    pub fn authenticate<U, A>(
        mut self,
        authenticator: impl Fn(Credentials) -> A + Send + Sync + 'static,
    ) -> Self
    where
        U: Send + Sync + 'static,
        A: Future<Output = Result<Identity<U>>> + Send + 'static,
    {
        self.authenticator = Some(Authenticator::new(authenticator));
        self
    }

    /// Sets the [settings](Config).
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the clock of the server, which has millisecond precision. The default is the system
    /// clock.
    ///
    /// The server sets `created_at` and `updated_at` from it and uses it to expire identities. It
    /// is useful for tests.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(move || to_millis(now()));
        self
    }

    /// The description of the API as an `OpenAPI` document.
    pub(crate) fn openapi(&self) -> Result<String> {
        self.resources
            .openapi_of(&self.config, self.authenticator.is_some())
    }

    /// The list of resources.
    pub(crate) fn resources(&self) -> Resources {
        self.resources
    }

    /// Opens the store, so that the application can read and write records before a client connects.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if a setting is out of its range; the error of the
    /// store if it cannot be opened.
    pub async fn open(self) -> Result<ServerHandle> {
        let Self {
            resources,
            store,
            state,
            config,
            clock,
            authenticator,
        } = self;
        let store = store.unwrap_or_else(|| Arc::new(Memory::new()));
        if authenticator.is_none() {
            tracing::warn!("no authenticator configured: every client has full access");
        }
        let setup = Setup {
            resources,
            store,
            state,
            config,
            clock,
            authenticator,
        };
        let limits = Arc::new(ConnectionLimits::new(&setup.config));
        let app = App::open(setup).await?;
        Ok(ServerHandle {
            app,
            limits,
            listeners: Arc::default(),
            #[cfg(feature = "tower")]
            mounted_connections: Arc::default(),
        })
    }

    /// Binds `address`, opens the store and serves until the process receives SIGINT (Ctrl-C) or
    /// SIGTERM. Then closes the store.
    ///
    /// # Errors
    ///
    /// The errors of [`open`](Self::open) and [`ServerHandle::listen`]. If the address cannot be bound, the
    /// store is not opened.
    pub async fn listen(self, address: impl ToSocketAddrs) -> Result<()> {
        let listener = bind(address).await?;
        let handle = self.open().await?;
        print_address(&listener, "http");
        handle.serve(listener, shutdown_signal()).await
    }

    /// Binds `address`, opens the store and serves TLS until the process receives SIGINT (Ctrl-C)
    /// or SIGTERM. Then closes the store.
    ///
    /// # Errors
    ///
    /// The errors of [`open`](Self::open) and [`ServerHandle::listen_tls`]. If the address cannot be bound,
    /// the store is not opened.
    #[cfg(feature = "tls")]
    pub async fn listen_tls(self, address: impl ToSocketAddrs, tls: TlsConfig) -> Result<()> {
        let listener = bind(address).await?;
        let handle = self.open().await?;
        print_address(&listener, "https");
        handle.serve_tls(listener, tls, shutdown_signal()).await
    }

    /// Opens the store and returns a service to mount beside the application's own routes. For a
    /// graceful shutdown, [open](Self::open) the server first and keep the handle.
    ///
    /// # Errors
    ///
    /// The errors of [`open`](Self::open).
    #[cfg(feature = "tower")]
    pub async fn into_service(self) -> Result<MountedServer> {
        Ok(self.open().await?.service())
    }

    /// Opens the store and serves on `listener` until `shutdown` completes. Then closes the store.
    ///
    /// # Errors
    ///
    /// The errors of [`open`](Self::open).
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        self.open().await?.serve(listener, shutdown).await
    }
}

/// The active listeners of a server. The last one that ends closes the store.
#[derive(Debug, Default)]
struct Listeners {
    served: AtomicUsize,
    /// Whether the server is mounted in another one, which may still serve it.
    is_mounted: AtomicBool,
}

/// An active listener.
struct Listening<'a>(&'a Listeners);

impl Listeners {
    fn begin(&self) -> Listening<'_> {
        self.served.fetch_add(1, Ordering::Relaxed);
        Listening(self)
    }

    /// Whether the server has no listeners and is not mounted.
    fn is_unused(&self) -> bool {
        self.served.load(Ordering::Relaxed) == 0 && !self.is_mounted.load(Ordering::Relaxed)
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.0.served.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A server with an open store. Clones refer to the same server.
#[derive(Clone, Debug)]
pub struct ServerHandle {
    app: Arc<App>,
    limits: Arc<ConnectionLimits>,
    listeners: Arc<Listeners>,
    #[cfg(feature = "tower")]
    mounted_connections: Arc<mounted::MountedConnections>,
}

impl ServerHandle {
    /// Returns the records of `R` for application code: without a caller, and with write access to
    /// all properties.
    pub fn records<R: Resource>(&self) -> Records<R> {
        let session = Session::new(self.app.clone(), None);
        Context::new(session.peer.clone(), Caller::Application, 0).records()
    }

    /// Revokes the identity with this [`key`](crate::Identity::key) on all connections. Returns the
    /// number of sessions affected.
    ///
    /// After it returns, no request of these sessions starts with the identity, and no later commit
    /// is sent to them with its access rights; each of their subscriptions is reset once or ends.
    /// The function given to [`Server::authenticate`] has to reject further attempts.
    pub fn revoke(&self, key: &str) -> usize {
        self.app.identities.revoke(key)
    }

    /// Asks the authenticator again, with the credentials that each client has sent, for the identity
    /// with this [`key`](crate::Identity::key) on all connections, and replaces it. Returns the number
    /// of sessions affected, when all of them have the new identity.
    ///
    /// Connections stay open and clients stay signed in. Requests that run keep the old identity.
    /// Subscriptions whose result differs for the new identity are reset once. A client is signed out,
    /// as by [`revoke`](Self::revoke), if the authenticator returns an error or takes longer than
    /// [`request.request_timeout`](crate::config::RequestConfig::request_timeout), because the old
    /// identity may have outdated access rights.
    pub async fn refresh(&self, key: &str) -> usize {
        self.app.refresh(key).await
    }

    /// Returns the TypeScript module of the API: its types, and the value for the parameter `api`
    /// of the client's `connect`.
    pub fn typescript(&self) -> String {
        typescript::module(&self.app.models, &self.app.description)
    }

    /// Returns the description of the API in the form of `["sockful","schema"]`.
    pub fn schema(&self) -> &str {
        &self.app.description.text
    }

    /// Returns the description as an `AsyncAPI` 3.0 document.
    pub fn asyncapi(&self) -> String {
        asyncapi::document(&self.app.description)
    }

    /// Returns the HTTP API as an `OpenAPI` 3.1 document.
    pub fn openapi(&self) -> String {
        openapi::document(OpenApiSource::of(&self.app))
    }

    /// Writes a consistent copy of the store to a new file while requests continue. A server that
    /// opens the copy begins another history: a client that resumes receives all records again.
    ///
    /// # Errors
    ///
    /// `conflict` if the file exists; `unavailable` if the store has no backups or the copy cannot be
    /// written, in which case no file is left.
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<()> {
        self.store().backup(to.as_ref()).await
    }

    /// Returns the store. Direct writes to it bypass validation and hooks.
    pub fn store(&self) -> &dyn Store {
        &*self.app.store
    }

    #[cfg(any(feature = "client", feature = "fuzzing"))]
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Serves on `address` until the process receives SIGINT (Ctrl-C) or SIGTERM, then lets running
    /// requests complete.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) with the address if it cannot be
    /// bound, for example because another program uses the port.
    pub async fn listen(&self, address: impl ToSocketAddrs) -> Result<()> {
        let listener = bind(address).await?;
        print_address(&listener, "http");
        self.serve(listener, shutdown_signal()).await
    }

    /// Serves on `listener` until `shutdown` completes. Then the server stops accepting connections
    /// and reading requests, replies to running requests, and cuts the remaining ones after
    /// [`connection.shutdown_timeout`](crate::config::ConnectionConfig::shutdown_timeout). If there
    /// is no other listener, and the server is not [mounted](Self::service) in another one, the
    /// store is [closed](Self::close), even if a handle is kept.
    ///
    /// # Errors
    ///
    /// The error of the store if it cannot be closed. A failure to accept a connection is logged, and the
    /// server continues.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        self.serve_layer(listener, Transport::None, shutdown).await
    }

    /// Serves TLS on `address` until the process receives SIGINT (Ctrl-C) or SIGTERM; see
    /// [`listen`](Self::listen).
    ///
    /// A server may listen with and without TLS at the same time; the limits apply to both
    /// together. A connection over a limit is closed without a response, which would require the
    /// handshake that the limit is meant to save.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) with the address if it cannot be
    /// bound, for example because another program uses the port.
    #[cfg(feature = "tls")]
    pub async fn listen_tls(&self, address: impl ToSocketAddrs, tls: TlsConfig) -> Result<()> {
        let listener = bind(address).await?;
        print_address(&listener, "https");
        self.serve_tls(listener, tls, shutdown_signal()).await
    }

    /// Serves TLS on `listener` until `shutdown` completes; see [`serve`](Self::serve).
    ///
    /// # Errors
    ///
    /// As for [`serve`](Self::serve).
    #[cfg(feature = "tls")]
    pub async fn serve_tls(
        &self,
        listener: TcpListener,
        tls: TlsConfig,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        self.serve_layer(listener, Transport::Tls(tls), shutdown)
            .await
    }

    async fn serve_layer(
        &self,
        listener: TcpListener,
        transport: Transport,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        let listening = self.listeners.begin();
        crate::transport::accept::serve(
            self.app.clone(),
            &self.limits,
            listener,
            transport,
            shutdown,
        )
        .await;
        // Of listeners that end at the same time, the last one sees that none is left.
        drop(listening);
        if self.listeners.is_unused() {
            self.close().await?;
        }
        Ok(())
    }

    /// Closes the store. After this, all commits are on disk (with [`Sqlite`](crate::store::Sqlite)
    /// in one file, without a write-ahead log) and another process may open it. Later requests and
    /// calls fail with `unavailable`.
    ///
    /// [`serve`](Self::serve) and [`listen`](Self::listen) close the store when they end. Call this
    /// after `MountedServer::drain` if the server is mounted in another one, or if nothing is
    /// served.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub async fn close(&self) -> Result<()> {
        self.store().close().await
    }
}

/// Prints the address of a listener if the program runs in a terminal.
fn print_address(listener: &TcpListener, scheme: &str) {
    let mut output = std::io::stderr();
    let is_terminal = output.is_terminal();
    write_address(listener, scheme, is_terminal, &mut output);
}

fn write_address(listener: &TcpListener, scheme: &str, is_terminal: bool, output: &mut impl Write) {
    if let Ok(address) = listener.local_addr()
        && is_terminal
    {
        // If this fails, there is no terminal to report it to.
        let _ = writeln!(output, "listening on {scheme}://{address}");
    }
}

/// Binds the first of the addresses that can be bound.
async fn bind(address: impl ToSocketAddrs) -> Result<TcpListener> {
    let resolved = lookup_host(address).await;
    let resolved = resolved.map_err(|error| cannot_listen("the address", &error))?;
    let mut failed = None;
    for address in resolved {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = Some(cannot_listen(&format!("`{address}`"), &error)),
        }
    }
    Err(failed.unwrap_or_else(|| {
        let error = std::io::Error::other("the name resolves to no address");
        cannot_listen("the address", &error)
    }))
}

fn cannot_listen(address: &str, error: &std::io::Error) -> Error {
    let hint = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "; another program uses the port: stop it, or choose another port"
        }
        std::io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege",
        std::io::ErrorKind::AddrNotAvailable => {
            "; this machine does not have that address: choose another"
        }
        _ => "",
    };
    let message = format!("cannot listen on {address}: {error}{hint}");
    Error::new(ErrorKind::Unavailable, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn address_is_printed_to_a_terminal_only() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        for (is_terminal, expected) in [
            (true, format!("listening on https://{address}\n")),
            (false, String::new()),
        ] {
            let mut output = Vec::new();
            write_address(&listener, "https", is_terminal, &mut output);
            assert_eq!(String::from_utf8_lossy(&output), expected);
        }
    }
}
