//! The current identity of a session.

use crate::engine::auth::caller::AuthenticatedCaller;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// The identity of a session. It changes when the client authenticates, when the identity expires
/// and when it is revoked.
#[derive(Debug, Default)]
pub(crate) struct SessionIdentity {
    current: Mutex<Current>,
    /// The number of identities so far, including the current one.
    generation: AtomicU64,
}

#[derive(Debug, Default)]
struct Current {
    /// `None` while the client is unauthenticated.
    known: Option<Arc<AuthenticatedCaller>>,
    /// Whether an identity was lost that the client has not been notified of.
    has_lost: bool,
    /// Woken when the identity changes.
    waker: Option<Waker>,
}

/// The session has a newer identity.
#[derive(Debug)]
pub(super) struct Outdated;

impl SessionIdentity {
    /// The authenticated client; `None` while the client is unauthenticated.
    pub(crate) fn known(&self) -> Option<Arc<AuthenticatedCaller>> {
        self.current().known.clone()
    }

    /// Changes with each identity. A decision made for an earlier generation is stale.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Registers a waker that is woken when the identity changes.
    pub(crate) fn watch(&self, waker: &Waker) {
        let mut current = self.current();
        match &mut current.waker {
            Some(known) => known.clone_from(waker),
            none @ None => *none = Some(waker.clone()),
        }
    }

    /// Whether an identity was lost without a request of the client since the last call.
    pub(crate) fn take_lost(&self) -> bool {
        std::mem::take(&mut self.current().has_lost)
    }

    /// Replaces the identity and returns the previous one. `is_lost` is set unless the client
    /// requested it.
    pub(crate) fn replace(
        &self,
        known: Option<Arc<AuthenticatedCaller>>,
        is_lost: bool,
    ) -> Option<Arc<AuthenticatedCaller>> {
        self.replace_in(&mut self.current(), known, is_lost)
    }

    /// Replaces the identity if it is still the one of this generation.
    pub(super) fn replace_at(
        &self,
        generation: u64,
        known: Option<Arc<AuthenticatedCaller>>,
        is_lost: bool,
    ) -> Result<Option<Arc<AuthenticatedCaller>>, Outdated> {
        let mut current = self.current();
        if self.generation() != generation {
            return Err(Outdated);
        }
        Ok(self.replace_in(&mut current, known, is_lost))
    }

    fn replace_in(
        &self,
        current: &mut Current,
        known: Option<Arc<AuthenticatedCaller>>,
        is_lost: bool,
    ) -> Option<Arc<AuthenticatedCaller>> {
        let before = std::mem::replace(&mut current.known, known);
        current.has_lost = is_lost && before.is_some();
        self.generation.fetch_add(1, Ordering::Release);
        before
    }

    /// The identity and its generation.
    pub(super) fn with_generation(&self) -> (Option<Arc<AuthenticatedCaller>>, u64) {
        let current = self.current();
        (current.known.clone(), self.generation())
    }

    /// Wakes the watching task.
    pub(crate) fn wake(&self) {
        let waker = self.current().waker.clone();
        waker.into_iter().for_each(Waker::wake);
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
