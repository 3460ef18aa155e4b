//! The server: built, opened, served, stopped.

pub mod cli;
#[cfg(feature = "tower")]
mod mounted;

#[cfg(feature = "tower")]
pub use mounted::MountedServer;

use crate::core::clock::{Clock, to_millis};
use crate::core::config::Config;
use crate::core::error::Result;
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
use crate::transport::connection_limits::ConnectionLimits;
use crate::transport::layer::Transport;
#[cfg(feature = "tls")]
use crate::transport::tls::TlsConfig;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::net::{TcpListener, ToSocketAddrs};

/// Builds a server of resources.
///
/// Without further words it keeps its records in memory and lets everyone do everything.
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
    /// Begins with what `resources![…]` lists.
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

    /// Keeps the records in `store`, with the limits of the [config](Self::config) unless it has its own.
    /// Default is [`Memory`].
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Shares a value with all remote methods, which get it by its type from
    /// [`Context::state`](crate::Context::state). A second value of one type replaces the first.
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.state.insert(state);
        self
    }

    /// Asks `ask` who each client is: what it makes of the credentials that one shows is what
    /// policies, hooks and methods know of the caller.
    ///
    /// It is asked at the handshake, where that has an `Authorization` or cookies, and for each
    /// `["sockful", "authenticate", {"token": …}]` afterwards. A handshake whose `Authorization` it
    /// refuses is refused with 401; with cookies alone the client is nobody. Where it fails or
    /// panics, nobody is let in.
    ///
    /// With it every resource needs an identity unless it says `#[resource(public)]`, and so does
    /// the description, unless [`access.public_schema`](crate::config::AccessConfig::public_schema). Without it everyone may do everything.
    pub fn authenticate<U, A>(
        mut self,
        ask: impl Fn(Credentials) -> A + Send + Sync + 'static,
    ) -> Self
    where
        U: Send + Sync + 'static,
        A: Future<Output = Result<Identity<U>>> + Send + 'static,
    {
        self.authenticator = Some(Authenticator::new(ask));
        self
    }

    /// Sets the limits.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Takes the time from `now`, to the millisecond. Default: the system's clock.
    ///
    /// The server fills `created_at` and `updated_at` from it, and expires identities by it. Tests set
    /// it.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(move || to_millis(now()));
        self
    }

    /// The description of what is to be served, as an `OpenAPI` document.
    pub(crate) fn openapi(&self) -> Result<String> {
        self.resources
            .openapi_of(&self.config, self.authenticator.is_some())
    }

    /// What is to be served.
    pub(crate) fn resources(&self) -> Resources {
        self.resources
    }

    /// Opens the store, so that records can be read and written before anybody connects.
    ///
    /// # Errors
    ///
    /// What the store says when it can't be opened.
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
            tracing::warn!("everyone may do everything: the server asks nobody who they are");
        }
        let setup = Setup {
            resources,
            store,
            state,
            config,
            clock,
            authenticator,
        };
        let door = Arc::new(ConnectionLimits::new(&setup.config));
        let app = App::open(setup).await?;
        Ok(ServerHandle {
            app,
            door,
            #[cfg(feature = "tower")]
            lobby: Arc::default(),
        })
    }

    /// Opens and serves on `address` until the process is asked to stop.
    ///
    /// # Errors
    ///
    /// What [`open`](Self::open) and [`ServerHandle::listen`] say.
    pub async fn listen(self, address: impl ToSocketAddrs) -> Result<()> {
        self.open().await?.listen(address).await
    }

    /// Opens and serves TLS on `address` until the process is asked to stop.
    ///
    /// # Errors
    ///
    /// What [`open`](Self::open) and [`ServerHandle::listen_tls`] say.
    #[cfg(feature = "tls")]
    pub async fn listen_tls(self, address: impl ToSocketAddrs, tls: TlsConfig) -> Result<()> {
        self.open().await?.listen_tls(address, tls).await
    }

    /// Opens, as a service to be mounted beside an application's own routes. Who wants to end it
    /// gently [opens](Self::open) it first, and keeps the handle.
    ///
    /// # Errors
    ///
    /// What [`open`](Self::open) says.
    #[cfg(feature = "tower")]
    pub async fn into_service(self) -> Result<MountedServer> {
        Ok(self.open().await?.service())
    }

    /// Opens and serves on `listener` until `shutdown` is done.
    ///
    /// # Errors
    ///
    /// What [`open`](Self::open) says.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        self.open().await?.serve(listener, shutdown).await
    }
}

/// A server whose store is open. Clones are the same server.
#[derive(Clone, Debug)]
pub struct ServerHandle {
    app: Arc<App>,
    door: Arc<ConnectionLimits>,
    #[cfg(feature = "tower")]
    lobby: Arc<mounted::MountedConnections>,
}

impl ServerHandle {
    /// The records of `R`, for the application's own code: no client, no limits on what is set.
    pub fn records<R: Resource>(&self) -> Records<R> {
        let session = Session::new(self.app.clone(), None);
        Context::new(session.peer.clone(), Caller::Application, 0).records()
    }

    /// Makes nobody of everyone who is known by this [`key`](crate::Identity::key), on all
    /// connections to this server, and says how many those were.
    ///
    /// When it returns, nothing that is committed later is told as if they still were somebody, and
    /// no request of theirs begins so; each of their subscriptions gets one `reset`, or ends. That
    /// they are not let in again is the business of what is given to [`Server::authenticate`].
    pub fn revoke(&self, key: &str) -> usize {
        self.app.identities.revoke(key)
    }

    /// The TypeScript module of all that is served, to be written to a file: its types, and the value
    /// that the client's `connect` takes as `api`.
    pub fn typescript(&self) -> String {
        typescript::module(&self.app.models, &self.app.description)
    }

    /// The description of all that is served, as `["sockful","schema"]` gives it.
    pub fn schema(&self) -> &str {
        &self.app.description.text
    }

    /// That description as an `AsyncAPI` 3.0 document, for tools that read those.
    pub fn asyncapi(&self) -> String {
        asyncapi::document(&self.app.description)
    }

    /// What it answers over HTTP as an `OpenAPI` 3.1 document, for tools that read those.
    pub fn openapi(&self) -> String {
        openapi::document(OpenApiSource::of(&self.app))
    }

    /// Writes a copy of what the store keeps, as it is at one moment, to a new file; requests go on
    /// meanwhile. A server that is opened with the copy begins another history: clients that resume
    /// are sent everything anew.
    ///
    /// # Errors
    ///
    /// `conflict` where the file is there already, `unavailable` where the store can't do that or the
    /// copy can't be written; then nothing of it is left.
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<()> {
        self.store().backup(to.as_ref()).await
    }

    /// The store, beneath the rules: what is written to it here passes no hooks.
    pub fn store(&self) -> &dyn Store {
        &*self.app.store
    }

    #[cfg(any(feature = "client", feature = "fuzzing"))]
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Serves on `address` until the process gets SIGINT (Ctrl-C) or SIGTERM, then lets requests
    /// that have begun come to their end.
    ///
    /// # Errors
    ///
    /// Where the address can't be bound.
    pub async fn listen(&self, address: impl ToSocketAddrs) -> Result<()> {
        let listener = TcpListener::bind(address).await?;
        self.serve(listener, shutdown_signal()).await
    }

    /// Serves on `listener` until `shutdown` is done: then nothing more is accepted or read,
    /// requests that have begun are answered, and what is not done after
    /// [`connection.shutdown_timeout`](crate::config::ConnectionConfig::shutdown_timeout) is cut.
    ///
    /// # Errors
    ///
    /// None as yet; failures to accept are logged and tried again.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        self.serve_layer(listener, Transport::None, shutdown).await;
        Ok(())
    }

    /// Serves TLS on `address` until the process gets SIGINT (Ctrl-C) or SIGTERM, as
    /// [`listen`](Self::listen) does without.
    ///
    /// Both may be served at once, and the limits hold for them together. A connection over a limit
    /// is closed without a word: to tell it why would take the handshake that is to be saved.
    ///
    /// # Errors
    ///
    /// Where the address can't be bound.
    #[cfg(feature = "tls")]
    pub async fn listen_tls(&self, address: impl ToSocketAddrs, tls: TlsConfig) -> Result<()> {
        let listener = TcpListener::bind(address).await?;
        self.serve_tls(listener, tls, shutdown_signal()).await
    }

    /// Serves TLS on `listener` until `shutdown` is done, as [`serve`](Self::serve) does without.
    ///
    /// # Errors
    ///
    /// None as yet; failures to accept are logged and tried again.
    #[cfg(feature = "tls")]
    pub async fn serve_tls(
        &self,
        listener: TcpListener,
        tls: TlsConfig,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        self.serve_layer(listener, Transport::Tls(tls), shutdown)
            .await;
        Ok(())
    }

    async fn serve_layer(
        &self,
        listener: TcpListener,
        layer: Transport,
        shutdown: impl Future<Output = ()>,
    ) {
        crate::transport::accept::serve(self.app.clone(), &self.door, listener, layer, shutdown)
            .await;
    }
}
