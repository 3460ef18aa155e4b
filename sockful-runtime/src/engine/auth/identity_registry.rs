//! Authenticated sessions by the key of their identity, so that a key can be revoked or refreshed.

use crate::engine::auth::caller::AuthenticatedCaller;
use crate::engine::auth::session_identity::{Outdated, SessionIdentity};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Authenticated sessions by the key of their identity.
#[derive(Debug, Default)]
pub(crate) struct IdentityRegistry(Mutex<RegistryState>);

#[derive(Debug, Default)]
struct RegistryState {
    by_key: HashMap<Arc<str>, Vec<Weak<SessionIdentity>>>,
    /// The number of revocations and refreshes so far.
    changes: u64,
    /// The number of authentications in progress, and the keys that were revoked or refreshed in the
    /// meantime.
    in_progress: usize,
    changed: HashMap<Box<str>, KeyChanges>,
}

/// The numbers of the last revocation and the last refresh of a key, starting from 1.
#[derive(Debug, Default)]
struct KeyChanges {
    revoked: u64,
    refreshed: u64,
}

/// An authentication in progress. It fails if its key is revoked or refreshed in the meantime.
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
        let since = inner.changes;
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

    /// Ends the identity of a session if it is still the one of this generation.
    pub(super) fn sign_out_at(&self, session: &SessionIdentity, generation: u64) {
        if let Ok(Some(before)) = session.replace_at(generation, None, true) {
            self.remove(&before.key, session);
            session.wake();
        }
    }

    /// Ends the identities with this key, also for authentications in progress. Returns the number
    /// of sessions affected.
    pub(crate) fn revoke(&self, key: &str) -> usize {
        let sessions = self.interrupt(key, |changes, at| changes.revoked = at);
        for session in &sessions {
            self.sign_out(session, true);
        }
        sessions.len()
    }

    /// Interrupts the authentications in progress that return this key, because their results may be
    /// outdated. Returns the sessions with the key.
    pub(super) fn begin_refresh(&self, key: &str) -> Vec<Arc<SessionIdentity>> {
        self.interrupt(key, |changes, at| changes.refreshed = at)
    }

    fn interrupt(
        &self,
        key: &str,
        set: impl FnOnce(&mut KeyChanges, u64),
    ) -> Vec<Arc<SessionIdentity>> {
        let mut inner = self.inner();
        inner.changes += 1;
        if inner.in_progress > 0 {
            let at = inner.changes;
            set(inner.changed.entry(key.into()).or_default(), at);
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
    /// identity.
    pub(crate) fn complete(
        self,
        session: &Arc<SessionIdentity>,
        known: Arc<AuthenticatedCaller>,
    ) -> Result<Option<Arc<AuthenticatedCaller>>, Interrupted> {
        self.set(session, known, |known| Ok(session.replace(known, false)))
    }

    /// Like [`complete`](Self::complete), for an identity that replaces the one of this generation.
    pub(super) fn complete_refresh(
        self,
        session: &Arc<SessionIdentity>,
        generation: u64,
        known: Arc<AuthenticatedCaller>,
    ) -> Result<Option<Arc<AuthenticatedCaller>>, Interrupted> {
        self.set(session, known, |known| {
            let replaced = session.replace_at(generation, known, false);
            replaced.map_err(|Outdated| Interrupted::Replaced)
        })
    }

    fn set(
        self,
        session: &Arc<SessionIdentity>,
        known: Arc<AuthenticatedCaller>,
        replace: impl FnOnce(
            Option<Arc<AuthenticatedCaller>>,
        ) -> Result<Option<Arc<AuthenticatedCaller>>, Interrupted>,
    ) -> Result<Option<Arc<AuthenticatedCaller>>, Interrupted> {
        let mut inner = self.sessions.inner();
        let key = known.key.clone();
        if let Some(changes) = inner.changed.get(&*key) {
            if changes.revoked > self.since {
                return Err(Interrupted::Revoked);
            }
            if changes.refreshed > self.since {
                return Err(Interrupted::Refreshed);
            }
        }
        let before = replace(Some(known))?;
        let all = inner.by_key.entry(key).or_default();
        if !all
            .iter()
            .any(|one| std::ptr::eq(one.as_ptr(), &raw const **session))
        {
            all.push(Arc::downgrade(session));
        }
        Ok(before)
    }
}

/// Why an authentication has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// The key was revoked in the meantime.
    Revoked,
    /// The key was refreshed in the meantime, so the authenticator may have returned outdated data.
    Refreshed,
    /// The session has another identity.
    Replaced,
}

impl Drop for Authentication<'_> {
    fn drop(&mut self) {
        let mut inner = self.sessions.inner();
        inner.in_progress -= 1;
        if inner.in_progress == 0 {
            inner.changed.clear();
        }
    }
}
