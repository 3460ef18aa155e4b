//! A session of one client: its identity, its subscriptions and its rate limit.

use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::app::App;
use crate::engine::auth::authenticator::expired;
use crate::engine::auth::caller::Caller;
use crate::engine::auth::credentials::Credentials;
use crate::engine::auth::identity_registry::Interrupted;
use crate::engine::auth::session_identity::SessionIdentity;
use crate::engine::call::context::Context;
use crate::engine::peer::Peer;
use crate::engine::rate_limit::Bucket;
use crate::live::ConnectionSubscriptions;
use crate::store::scan::{ScanClient, ScanOwner};
use std::net::SocketAddr;
use std::sync::Arc;

/// How often the authenticator is asked if the identity is refreshed while it runs.
const MAX_ATTEMPTS: usize = 3;

/// A client of the server, as long as its connection exists.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) app: Arc<App>,
    pub(crate) peer: Arc<Peer>,
    /// The subscriptions of the connection.
    pub(crate) subscriptions: Arc<ConnectionSubscriptions>,
    /// The rate limit while the client is unauthenticated.
    pub(crate) bucket: Arc<Bucket>,
    identity: Arc<SessionIdentity>,
}

impl Session {
    pub(crate) fn new(app: Arc<App>, address: Option<SocketAddr>) -> Arc<Self> {
        let bucket = app.rates.of_address(address.map(|address| address.ip()));
        Self::of(Peer::new(app, address), bucket)
    }

    /// A new unauthenticated session from the same address: each request of an HTTP connection has
    /// one.
    pub(crate) fn fresh(&self) -> Arc<Self> {
        Self::of(self.peer.fresh(), self.bucket.clone())
    }

    fn of(peer: Peer, bucket: Arc<Bucket>) -> Arc<Self> {
        Arc::new(Self {
            app: peer.app.clone(),
            peer: Arc::new(peer),
            subscriptions: Arc::default(),
            bucket,
            identity: Arc::default(),
        })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.app.config
    }

    /// The context of a call of this client.
    pub(crate) fn context(&self, number: u64) -> Context {
        Context::new(self.peer.clone(), self.caller(), number)
    }

    /// Whether the server authenticates its clients.
    pub(crate) fn has_authenticator(&self) -> bool {
        self.app.policies.authenticator.is_some()
    }

    /// The current caller.
    pub(crate) fn caller(&self) -> Caller {
        if !self.has_authenticator() {
            return Caller::Unauthenticated;
        }
        match self.identity.known() {
            Some(known) if !known.is_expired(&self.app.clock) => Caller::Authenticated(known),
            _ => Caller::Unauthenticated,
        }
    }

    /// The key of the identity; `None` while the client is unauthenticated.
    pub(crate) fn key(&self) -> Option<Arc<str>> {
        self.identity.known().map(|known| known.key.clone())
    }

    /// The rate limit that requests count against.
    pub(crate) fn rate_bucket(&self) -> Arc<Bucket> {
        match self.key() {
            Some(key) => self.app.rates.of_key(&key),
            None => self.bucket.clone(),
        }
    }

    /// When the current identity expires, in milliseconds since 1970; `None` if it does not.
    pub(crate) fn expires(&self) -> Option<u64> {
        self.identity.known()?.expires
    }

    /// The identity, for watching changes.
    pub(crate) fn identity(&self) -> &SessionIdentity {
        &self.identity
    }

    /// Authenticates the client by these credentials, or signs it out if there are none. Returns
    /// when the identity expires.
    ///
    /// # Errors
    ///
    /// The error of the application's authenticator, or [`ErrorKind::Unavailable`] if the identity was
    /// refreshed each time while the authenticator ran. The identity is then unchanged.
    pub(crate) async fn authenticate(
        &self,
        credentials: Option<Credentials>,
    ) -> Result<Option<u64>> {
        let app = &self.app;
        let (Some(authenticator), Some(credentials)) = (&app.policies.authenticator, credentials)
        else {
            app.identities.sign_out(&self.identity, false);
            return Ok(None);
        };
        for _ in 0..MAX_ATTEMPTS {
            let authentication = app.identities.begin();
            let asked = authenticator.ask(credentials.clone(), app.models.len());
            let known = asked.await?;
            if known.is_expired(&app.clock) {
                return Err(expired());
            }
            let known = Arc::new(known);
            let before = match authentication.complete(&self.identity, known.clone()) {
                Ok(before) => before,
                Err(Interrupted::Refreshed) => continue,
                Err(Interrupted::Revoked | Interrupted::Replaced) => return Err(expired()),
            };
            if let Some(before) = before.filter(|before| before.key != known.key) {
                app.identities.remove(&before.key, &self.identity);
            }
            self.identity.wake();
            return Ok(known.expires);
        }
        Err(Error::new(
            ErrorKind::Unavailable,
            "the identity is refreshed too often to authenticate now",
        ))
    }

    /// Ends the identity if it has expired, and returns whether it had.
    pub(crate) fn end_if_expired(&self) -> bool {
        let known = self.identity.known();
        let is_expired = known.is_some_and(|known| known.is_expired(&self.app.clock));
        if is_expired {
            self.app.identities.sign_out(&self.identity, true);
        }
        is_expired
    }
}

impl ScanClient for Session {
    fn owner(&self) -> Arc<dyn ScanOwner> {
        self.rate_bucket()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(known) = self.identity.known() {
            self.app.identities.remove(&known.key, &self.identity);
        }
    }
}
