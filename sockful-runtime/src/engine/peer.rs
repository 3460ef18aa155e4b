//! The client side of a call: its address and the requests whose outcome only the store knows.

use crate::core::caller_id::CallerId;
use crate::engine::app::App;
use crate::engine::rate_limit;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One side of a connection, or the application itself.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) app: Arc<App>,
    address: Option<SocketAddr>,
    /// The identity for shared limits while the client is unauthenticated.
    origin: CallerId,
    /// The requests whose outcome only the store knows: their commit has started and is not
    /// finished, or an earlier run under the same key is in progress.
    committing: Mutex<Vec<u64>>,
}

impl Peer {
    pub(crate) fn new(app: Arc<App>, address: Option<SocketAddr>) -> Self {
        let origin = address.and_then(|address| rate_limit::origin(address.ip()));
        Self::of(app, address, CallerId::unauthenticated(origin))
    }

    /// Another peer with the same address.
    pub(crate) fn fresh(&self) -> Self {
        Self::of(self.app.clone(), self.address, self.origin.clone())
    }

    fn of(app: Arc<App>, address: Option<SocketAddr>, origin: CallerId) -> Self {
        Self {
            app,
            address,
            origin,
            committing: Mutex::default(),
        }
    }

    /// The address of the client; `None` for the application itself.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The identity for shared limits while the client is unauthenticated.
    pub(crate) fn origin(&self) -> &CallerId {
        &self.origin
    }

    /// Records that the store has started the commit of request `number`.
    pub(crate) fn note_committing(&self, number: u64) {
        self.committing().push(number);
    }

    /// Records that the store has reported the outcome of the commit.
    pub(crate) fn note_committed(&self, number: u64) {
        self.committing().retain(|&other| other != number);
    }

    /// Whether only the store knows the outcome of request `number`.
    pub(crate) fn is_committing(&self, number: u64) -> bool {
        self.committing().contains(&number)
    }

    fn committing(&self) -> MutexGuard<'_, Vec<u64>> {
        let committing = self.committing.lock();
        committing.unwrap_or_else(PoisonError::into_inner)
    }
}
