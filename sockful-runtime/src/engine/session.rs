//! One client's side of a connection: who it is, and what it has subscribed to.

mod sessions;

pub(crate) use sessions::Sessions;

use crate::core::config::Config;
use crate::core::error::Result;
use crate::engine::app::App;
use crate::engine::auth::caller::{Caller, Known};
use crate::engine::auth::credentials::Credentials;
use crate::engine::auth::identity::expired;
use crate::engine::call::context::Context;
use crate::engine::call::shared::Peer;
use crate::engine::rate_limit::Bucket;
use crate::live::Outlet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;

/// One client's side of a connection.
#[derive(Debug)]
pub(crate) struct Session {
    me: Weak<Self>,
    pub(crate) app: Arc<App>,
    pub(crate) peer: Arc<Peer>,
    /// The subscriptions of the connection.
    pub(crate) outlet: Arc<Outlet>,
    /// What it may ask while it is nobody.
    pub(crate) bucket: Arc<Bucket>,
    current: Mutex<Current>,
    /// How many identities it has had, the present one included.
    turn: AtomicU64,
}

#[derive(Debug, Default)]
struct Current {
    /// Who it is; `None` where that is nobody.
    known: Option<Arc<Known>>,
    /// Whether it has lost an identity of which it was not told yet.
    has_lost: bool,
    /// Who is to hear of another identity.
    waker: Option<Waker>,
}

impl Session {
    pub(crate) fn new(app: Arc<App>, address: Option<SocketAddr>) -> Arc<Self> {
        let bucket = app
            .shared
            .rates
            .of_address(address.map(|address| address.ip()));
        Self::of(app, address, bucket)
    }

    /// Another client, nobody yet, that came by the same way: of one HTTP connection each request is one.
    pub(crate) fn fresh(&self) -> Arc<Self> {
        Self::of(self.app.clone(), self.peer.address(), self.bucket.clone())
    }

    fn of(app: Arc<App>, address: Option<SocketAddr>, bucket: Arc<Bucket>) -> Arc<Self> {
        let peer = Arc::new(Peer::new(app.shared.clone(), address));
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            app,
            peer,
            outlet: Arc::default(),
            bucket,
            current: Mutex::default(),
            turn: AtomicU64::new(0),
        })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.app.shared.config
    }

    /// A call of this client.
    pub(crate) fn context(&self, number: u64) -> Context {
        Context::new(self.peer.clone(), self.caller(), number)
    }

    /// Whether the server asks who its clients are.
    pub(crate) fn asks_who(&self) -> bool {
        self.app.shared.policies.authenticator.is_some()
    }

    /// Who calls at this moment.
    pub(crate) fn caller(&self) -> Caller {
        if !self.asks_who() {
            return Caller::Nobody;
        }
        match &self.current().known {
            Some(known) if !self.is_over(known) => Caller::Known(known.clone()),
            _ => Caller::Nobody,
        }
    }

    /// The key of who calls, where that is known.
    pub(crate) fn key(&self) -> Option<Arc<str>> {
        self.current().known.as_ref().map(|known| known.key.clone())
    }

    /// When the present identity is over, in milliseconds since 1970, if it ever is.
    pub(crate) fn expires(&self) -> Option<u64> {
        self.current().known.as_ref()?.expires
    }

    /// How many identities it has had: another number says that it is somebody else.
    pub(crate) fn turn(&self) -> u64 {
        self.turn.load(Ordering::Acquire)
    }

    /// Has `waker` woken when it becomes somebody else.
    pub(crate) fn watch(&self, waker: &Waker) {
        let mut current = self.current();
        match &mut current.waker {
            Some(known) => known.clone_from(waker),
            none @ None => *none = Some(waker.clone()),
        }
    }

    /// Becomes whom the application takes these credentials for; `None` says nobody.
    ///
    /// # Errors
    ///
    /// Why it takes them for nobody's: then it stays who it is.
    pub(crate) async fn authenticate(
        &self,
        credentials: Option<Credentials>,
    ) -> Result<Option<u64>> {
        let shared = &self.app.shared;
        let (Some(authenticator), Some(credentials)) =
            (&shared.policies.authenticator, credentials)
        else {
            self.forget(false);
            return Ok(None);
        };
        let under_way = self.app.sessions.begin();
        let known = authenticator.ask(credentials, shared.models.len()).await?;
        if self.is_over(&known) {
            return Err(expired());
        }
        let (known, mut before) = (Arc::new(known), None);
        let become_it = || before = self.replace(Some(known.clone()), false);
        if !under_way.add(&known.key, &self.me, become_it) {
            return Err(expired());
        }
        if let Some(before) = before.filter(|before| before.key != known.key) {
            self.app.sessions.remove(&before.key, self);
        }
        self.wake();
        Ok(known.expires)
    }

    /// Becomes nobody, without having asked for it.
    pub(crate) fn lose(&self) {
        self.forget(true);
    }

    /// Becomes nobody where the time of its identity is over; says whether it was.
    pub(crate) fn end_if_over(&self) -> bool {
        let known = self.current().known.clone();
        let is_over = known.is_some_and(|known| self.is_over(&known));
        if is_over {
            self.lose();
        }
        is_over
    }

    /// Whether it has become nobody without having asked for it since this was last asked.
    pub(crate) fn has_lost(&self) -> bool {
        std::mem::take(&mut self.current().has_lost)
    }

    fn forget(&self, is_lost: bool) {
        if let Some(before) = self.replace(None, is_lost) {
            self.app.sessions.remove(&before.key, self);
            self.wake();
        }
    }

    /// Puts somebody else, or nobody, in the place of who it was.
    fn replace(&self, known: Option<Arc<Known>>, is_lost: bool) -> Option<Arc<Known>> {
        let mut current = self.current();
        let before = std::mem::replace(&mut current.known, known);
        current.has_lost = is_lost && before.is_some();
        self.turn.fetch_add(1, Ordering::Release);
        before
    }

    fn wake(&self) {
        let waker = self.current().waker.clone();
        waker.into_iter().for_each(Waker::wake);
    }

    fn is_over(&self, known: &Known) -> bool {
        let now = || self.app.shared.clock.now();
        known.expires.is_some_and(|expires| expires <= now())
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let known = self.current().known.take();
        if let Some(known) = known {
            self.app.sessions.remove(&known.key, self);
        }
    }
}
