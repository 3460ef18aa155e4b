//! What remote methods and hooks know of the call they serve, and the unit of work they share.

#[cfg(test)]
mod tests;

use crate::core::error::{Error, Result};
use crate::engine::app::App;
use crate::engine::auth::caller::Caller;
use crate::engine::auth::policy::unauthenticated;
use crate::engine::call::transaction::Unit;
use crate::engine::idempotency::Keyed;
use crate::engine::peer::Peer;
use crate::model::resource_model::Model;
use crate::store::Store;
use std::any::type_name;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How many hooks may lead to one another.
const MAX_HOOK_DEPTH: usize = 16;

/// The call that a remote method or a hook serves: who called, what the server shares with all
/// calls, and typed access to every served resource.
///
/// A method has it by declaring a parameter of type `&Context`. What is read and written through it
/// up to the end of the call is one commit: all of it takes effect or nothing does. Where another
/// writer came in between, the call runs again from its beginning. In an `#[after]` hook, which
/// runs when that is over, each write is a commit of its own.
#[derive(Clone, Debug)]
pub struct Context {
    pub(super) peer: Arc<Peer>,
    pub(super) caller: Caller,
    /// The number of the request on its connection.
    pub(super) request: u64,
    /// `None` where each write is a commit of its own.
    pub(super) unit: Option<Arc<Unit>>,
    /// How many hooks have led here.
    pub(super) depth: usize,
    /// Under which key its commit is to be remembered.
    pub(super) keyed: Option<Arc<Keyed>>,
}

impl Context {
    pub(crate) fn new(peer: Arc<Peer>, caller: Caller, request: u64) -> Self {
        Self {
            peer,
            caller,
            request,
            unit: None,
            depth: 0,
            keyed: None,
        }
    }

    /// The same call, whose commit is remembered under a key.
    pub(crate) fn under_key(self, keyed: Keyed) -> Self {
        Self {
            keyed: Some(Arc::new(keyed)),
            ..self
        }
    }

    /// The address of the client; `None` for calls of the application itself.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer.address()
    }

    /// Who calls, as what is given to [`Server::authenticate`](crate::Server::authenticate) took
    /// them for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated) where that is nobody,
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) where the server's users are of another type, and for calls of the
    /// application itself.
    pub fn user<U: 'static>(&self) -> Result<&U> {
        match &self.caller {
            Caller::Known(known) => known.who().user()?.ok_or_else(unauthenticated),
            Caller::Nobody => Err(unauthenticated()),
            Caller::Application => Err(Error::internal(
                "the application itself calls, and is no user",
            )),
        }
    }

    /// The [`key`](crate::Identity::key) of the caller; `None` where that is nobody, and for calls
    /// of the application itself.
    pub fn caller(&self) -> Option<&str> {
        match &self.caller {
            Caller::Known(known) => Some(&known.key),
            Caller::Nobody | Caller::Application => None,
        }
    }

    /// What was given to the server's `.state(…)` as a `T`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) where no `T` was given.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<&T> {
        let missing = || {
            Error::internal(format!(
                "no state of type `{}` was given to the server",
                type_name::<T>()
            ))
        };
        self.app().state.get().ok_or_else(missing)
    }

    pub(crate) fn identity(&self) -> &Caller {
        &self.caller
    }

    /// The same call with a unit of work.
    pub(crate) fn begin(&self) -> Self {
        Self {
            unit: Some(Arc::default()),
            ..self.clone()
        }
    }

    /// Whether there is a unit of work, of which a write becomes part.
    pub(crate) fn is_in_unit(&self) -> bool {
        self.unit.is_some()
    }

    pub(crate) fn unit(&self) -> Result<&Unit> {
        let missing = || Error::internal("a write was staged outside of a unit of work");
        self.unit.as_deref().ok_or_else(missing)
    }

    /// The same for what a hook does before the commit.
    pub(super) fn before_commit(&self) -> Result<Self> {
        self.within_hook(self.unit.clone())
    }

    /// The call for what a hook does after its commit: not under its key, which that has taken.
    pub(super) fn after_commit(&self) -> Result<Self> {
        let context = self.within_hook(None)?;
        Ok(Self {
            keyed: None,
            ..context
        })
    }

    fn within_hook(&self, unit: Option<Arc<Unit>>) -> Result<Self> {
        if self.depth == MAX_HOOK_DEPTH {
            return Err(Error::internal(format!(
                "hooks lead to one another more than {MAX_HOOK_DEPTH} deep"
            )));
        }
        Ok(Self {
            unit,
            depth: self.depth + 1,
            ..self.clone()
        })
    }

    pub(crate) fn app(&self) -> &App {
        &self.peer.app
    }

    pub(crate) fn model(&self, place: usize) -> &Model {
        &self.app().models[place]
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.peer.app.store
    }

    /// Waits a little, at random, before trying again what another writer came in between.
    pub(super) async fn back_off(&self) {
        let nanos = RandomState::new().hash_one(self.request) % 2_000_000;
        tokio::time::sleep(Duration::from_nanos(nanos)).await;
    }
}
