//! The sessions of those who are known, by their keys.

use super::Session;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The sessions of those who are known, by their keys.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    by_key: HashMap<Arc<str>, Vec<Weak<Session>>>,
    /// How many keys have been revoked so far.
    revocations: u64,
    /// How many authentications are under way, and which keys were revoked meanwhile.
    under_way: usize,
    revoked: HashMap<Box<str>, u64>,
}

/// An authentication that is under way: a key that is revoked meanwhile is let in by it no more.
#[derive(Debug)]
pub(super) struct UnderWay<'a> {
    sessions: &'a Sessions,
    since: u64,
}

impl Sessions {
    /// Begins an authentication.
    pub(super) fn begin(&self) -> UnderWay<'_> {
        let mut inner = self.inner();
        inner.under_way += 1;
        let since = inner.revocations;
        drop(inner);
        UnderWay {
            sessions: self,
            since,
        }
    }

    pub(super) fn remove(&self, key: &str, session: &Session) {
        let mut inner = self.inner();
        let Some(all) = inner.by_key.get_mut(key) else {
            return;
        };
        all.retain(|one| !std::ptr::eq(one.as_ptr(), session));
        if all.is_empty() {
            inner.by_key.remove(key);
        }
    }

    /// The sessions of this key, which no authentication that is under way adds to any more.
    pub(crate) fn revoke(&self, key: &str) -> Vec<Arc<Session>> {
        let mut inner = self.inner();
        inner.revocations += 1;
        if inner.under_way > 0 {
            let at = inner.revocations;
            inner.revoked.insert(key.into(), at);
        }
        let all = inner.by_key.get(key).into_iter().flatten();
        all.filter_map(Weak::upgrade).collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay<'_> {
    /// Adds a session under its key and has it become whom it is then, in one step;
    /// `false` where the key was revoked meanwhile.
    pub(super) fn add(
        &self,
        key: &Arc<str>,
        session: &Weak<Session>,
        become_it: impl FnOnce(),
    ) -> bool {
        let mut inner = self.sessions.inner();
        if inner.revoked.get(&**key).is_some_and(|&at| at > self.since) {
            return false;
        }
        let all = inner.by_key.entry(key.clone()).or_default();
        if !all.iter().any(|one| one.ptr_eq(session)) {
            all.push(session.clone());
        }
        become_it();
        true
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut inner = self.sessions.inner();
        inner.under_way -= 1;
        if inner.under_way == 0 {
            inner.revoked.clear();
        }
    }
}
