//! The server: built, opened, served, stopped.

mod accept;

use crate::app::{App, Session};
use crate::clock::Clock;
use crate::config::Config;
use crate::context::{Context, States};
use crate::error::Result;
use crate::records::Records;
use crate::resource::Resource;
use crate::routes::Resources;
use crate::shutdown::shutdown_signal;
use crate::store::{Memory, Store};
use std::sync::Arc;
use tokio::net::{TcpListener, ToSocketAddrs};

/// Builds a server of resources.
///
/// Without further words it keeps its records in memory and lets everyone do everything.
#[derive(Debug)]
#[must_use = "a server does nothing until it listens"]
pub struct Server {
    resources: Resources,
    store: Option<Arc<dyn Store>>,
    states: States,
    config: Config,
    clock: Clock,
}

impl Server {
    /// Begins with what `resources![…]` lists.
    pub fn new(resources: Resources) -> Self {
        Self {
            resources,
            store: None,
            states: States::default(),
            config: Config::default(),
            clock: Clock::default(),
        }
    }

    /// Keeps the records in `store`. Default is [`Memory`].
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Shares a value with all remote methods, which get it by its type from
    /// [`Context::state`](crate::Context::state). A second value of one type replaces the first.
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.states.insert(state);
        self
    }

    /// Sets the limits.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Takes the time from `now`, which tells the milliseconds since 1970. Default is the system's clock.
    ///
    /// It is what `created_at` and `updated_at` are filled from; tests set it as they like.
    pub fn clock(mut self, now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
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
            states,
            config,
            clock,
        } = self;
        let store = store.unwrap_or_else(|| Arc::new(Memory::with_config(&config)));
        Ok(ServerHandle {
            app: App::on_clock(resources, store, states, config, clock).await?,
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
}

impl ServerHandle {
    /// The records of `R`, for the application's own code: no client, no limits on what is set.
    pub fn of<R: Resource>(&self) -> Records<R> {
        let session = Session::new(self.app.clone(), None);
        Context::new(session.peer.clone(), 0).of()
    }

    /// The store, beneath the rules: what is written to it here passes no hooks.
    pub fn store(&self) -> &dyn Store {
        &*self.app.shared.store
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
    /// [`Config::shutdown_timeout`] is cut.
    ///
    /// # Errors
    ///
    /// None as yet; failures to accept are logged and tried again.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        accept::serve(self.app.clone(), listener, shutdown).await;
        Ok(())
    }
}
