//! Authenticated sessions by the key of their identity, so that a key can be revoked.

use crate::engine::auth::caller::AuthenticatedCaller;
use crate::engine::auth::session_identity::SessionIdentity;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Authenticated sessions by the key of their identity.
#[derive(Debug, Default)]
pub(crate) struct IdentityRegistry(Mutex<RegistryState>);

#[derive(Debug, Default)]
struct RegistryState {
    by_key: HashMap<Arc<str>, Vec<Weak<SessionIdentity>>>,
    /// The number of revocations so far.
    revocations: u64,
    /// The number of authentications in progress, and the keys that were revoked in the meantime.
    in_progress: usize,
    revoked: HashMap<Box<str>, u64>,
}

/// An authentication in progress. It fails if its key is revoked in the meantime.
#[derive(Debug)]
pub(crate) struct Authentication<'a> {
    sessions: &'a IdentityRegistry,
    since: u64,
}

impl IdentityRegistry {
    /// Starts an authentication, before the application's authenticator runs.
    pub(crate) fn begin(&self) -> Authentication<'_> {
        let mut inner = self.inner();
        inner.in_progress += 1;
        let since = inner.revocations;
        drop(inner);
        Authentication {
            sessions: self,
            since,
        }
    }

    /// Ends the identity of a session. `is_lost` is set unless the client requested it.
    pub(crate) fn sign_out(&self, session: &SessionIdentity, is_lost: bool) {
        if let Some(before) = session.replace(None, is_lost) {
            self.remove(&before.key, session);
            session.wake();
        }
    }

    /// Removes a session that had an identity with this key.
    pub(crate) fn remove(&self, key: &str, session: &SessionIdentity) {
        let mut inner = self.inner();
        let Some(all) = inner.by_key.get_mut(key) else {
            return;
        };
        all.retain(|one| !std::ptr::eq(one.as_ptr(), session));
        if all.is_empty() {
            inner.by_key.remove(key);
        }
    }

    /// Ends the identities with this key, also for authentications in progress. Returns the number
    /// of sessions affected.
    pub(crate) fn revoke(&self, key: &str) -> usize {
        let sessions = self.begin_revocation(key);
        for session in &sessions {
            self.sign_out(session, true);
        }
        sessions.len()
    }

    fn begin_revocation(&self, key: &str) -> Vec<Arc<SessionIdentity>> {
        let mut inner = self.inner();
        inner.revocations += 1;
        if inner.in_progress > 0 {
            let at = inner.revocations;
            inner.revoked.insert(key.into(), at);
        }
        let all = inner.by_key.get(key).into_iter().flatten();
        all.filter_map(Weak::upgrade).collect()
    }

    fn inner(&self) -> MutexGuard<'_, RegistryState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Authentication<'_> {
    /// Sets the identity of the session and registers it, in one step. Returns the previous
    /// identity, or `Err` if the key was revoked in the meantime.
    pub(crate) fn complete(
        self,
        session: &Arc<SessionIdentity>,
        known: Arc<AuthenticatedCaller>,
    ) -> Result<Option<Arc<AuthenticatedCaller>>, Revoked> {
        let mut inner = self.sessions.inner();
        let key = known.key.clone();
        if inner.revoked.get(&*key).is_some_and(|&at| at > self.since) {
            return Err(Revoked);
        }
        let all = inner.by_key.entry(key).or_default();
        if !all
            .iter()
            .any(|one| std::ptr::eq(one.as_ptr(), &raw const **session))
        {
            all.push(Arc::downgrade(session));
        }
        Ok(session.replace(Some(known), false))
    }
}

/// The key of the identity was revoked while the client authenticated.
#[derive(Debug)]
pub(crate) struct Revoked;

impl Drop for Authentication<'_> {
    fn drop(&mut self) {
        let mut inner = self.sessions.inner();
        inner.in_progress -= 1;
        if inner.in_progress == 0 {
            inner.revoked.clear();
        }
    }
}
