//! Guard locks of whole resources, for calls that would otherwise be rerun too often.
//!
//! A call that lists records is rerun if a commit changes what it has listed. Under many commits it
//! might never finish, so after a few runs it takes the guard locks of the resources that it reads
//! and writes: other commits to these wait until it is done. A commit of any other call costs two
//! atomic additions for each resource that it writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

/// The number of locks. Further resources share them, which only costs waiting time.
const LOCKS: usize = 64;

/// One lock for each resource.
#[derive(Debug)]
pub(crate) struct GuardLocks(Box<[Arc<GuardLock>]>);

#[derive(Debug, Default)]
struct GuardLock {
    /// Twice the number of commits that have entered, plus one while a call holds the lock.
    state: AtomicUsize,
    /// Notified when the last commit has left and a call waits for it.
    left: Notify,
    /// Locked by the holder; calls that wait for the lock queue here.
    queue: Arc<Mutex<()>>,
}

const HELD: usize = 1;
const COMMIT: usize = 2;

/// A set of resources, by their guard locks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResourceSet(u64);

/// A commit that has entered the locks of the resources that it writes.
#[derive(Debug)]
pub(crate) struct EnteredLocks<'a> {
    locks: &'a GuardLocks,
    set: ResourceSet,
}

/// Guard locks that a call holds.
#[derive(Debug)]
pub(crate) struct HeldGuardLocks {
    held: Vec<HeldLock>,
    set: ResourceSet,
}

#[derive(Debug)]
struct HeldLock {
    lock: Arc<GuardLock>,
    _queue: OwnedMutexGuard<()>,
}

impl ResourceSet {
    pub(crate) fn add(&mut self, resource: usize) {
        self.0 |= 1 << (resource % LOCKS);
    }

    pub(crate) fn contains(self, resource: usize) -> bool {
        self.0 & 1 << (resource % LOCKS) != 0
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The resources that are not in `other`.
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The positions of the locks, in the ascending order in which all locks are taken.
    fn locks(mut self) -> impl Iterator<Item = usize> {
        std::iter::from_fn(move || {
            let lowest = self.0.trailing_zeros() as usize;
            (self.0 != 0).then(|| {
                self.0 &= self.0 - 1;
                lowest
            })
        })
    }
}

impl GuardLocks {
    pub(crate) fn new(resources: usize) -> Self {
        let locks = (0..resources.min(LOCKS)).map(|_| Arc::default());
        Self(locks.collect())
    }

    /// Enters the locks of these resources, unless a call holds one of them.
    pub(crate) fn try_enter(&self, set: ResourceSet) -> Option<EnteredLocks<'_>> {
        let mut entered = self.entered();
        for at in set.locks() {
            if !self.0[at].try_enter() {
                return None;
            }
            entered.set.add(at);
        }
        Some(entered)
    }

    /// Enters the locks of these resources after waiting for the calls that hold them.
    pub(crate) async fn enter(&self, set: ResourceSet) -> EnteredLocks<'_> {
        let mut entered = self.entered();
        for at in set.locks() {
            let lock = &self.0[at];
            if !lock.try_enter() {
                // No other call can take the lock while this is at the head of the queue.
                let _queue = lock.queue.lock().await;
                lock.state.fetch_add(COMMIT, SeqCst);
            }
            entered.set.add(at);
        }
        entered
    }

    /// Takes the locks of these resources. Returns when no other commit to them is in progress.
    pub(crate) async fn lock(&self, set: ResourceSet) -> HeldGuardLocks {
        let mut held = HeldGuardLocks {
            held: Vec::new(),
            set,
        };
        for at in set.locks() {
            let lock = &self.0[at];
            let queue = Arc::clone(&lock.queue).lock_owned().await;
            lock.state.fetch_or(HELD, SeqCst);
            held.held.push(HeldLock {
                lock: Arc::clone(lock),
                _queue: queue,
            });
            while lock.state.load(SeqCst) != HELD {
                lock.left.notified().await;
            }
        }
        held
    }

    fn entered(&self) -> EnteredLocks<'_> {
        EnteredLocks {
            locks: self,
            set: ResourceSet::default(),
        }
    }
}

impl GuardLock {
    fn try_enter(&self) -> bool {
        let is_free = self.state.fetch_add(COMMIT, SeqCst) & HELD == 0;
        if !is_free {
            self.leave();
        }
        is_free
    }

    fn leave(&self) {
        if self.state.fetch_sub(COMMIT, SeqCst) == COMMIT + HELD {
            self.left.notify_one();
        }
    }
}

impl HeldGuardLocks {
    pub(crate) fn set(&self) -> ResourceSet {
        self.set
    }
}

impl Drop for EnteredLocks<'_> {
    fn drop(&mut self) {
        for at in self.set.locks() {
            self.locks.0[at].leave();
        }
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        self.lock.state.fetch_and(!HELD, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn set(resources: &[usize]) -> ResourceSet {
        let mut set = ResourceSet::default();
        for &resource in resources {
            set.add(resource);
        }
        set
    }

    #[test]
    fn lock_waits_for_entered_commits_and_stops_new_ones() {
        let locks = GuardLocks::new(3);
        let entered = locks.try_enter(set(&[0, 1])).expect("no lock is held");
        let mut lock = Box::pin(locks.lock(set(&[1, 2])));
        assert!(lock.as_mut().now_or_never().is_none());
        assert!(locks.try_enter(set(&[1])).is_none());
        assert!(locks.try_enter(set(&[0])).is_some());
        drop(entered);
        let held = lock.as_mut().now_or_never().expect("the commit has left");
        let mut waiting = Box::pin(locks.enter(set(&[0, 2])));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(held);
        assert!(waiting.as_mut().now_or_never().is_some());
        assert!(locks.try_enter(set(&[0, 1, 2])).is_some());
    }

    #[test]
    fn abandoned_lock_leaves_the_resource_free() {
        let locks = GuardLocks::new(1);
        let entered = locks.try_enter(set(&[0])).expect("no lock is held");
        let mut lock = Box::pin(locks.lock(set(&[0])));
        assert!(lock.as_mut().now_or_never().is_none());
        drop(lock);
        drop(entered);
        assert!(locks.try_enter(set(&[0])).is_some());
        assert!(locks.lock(set(&[0])).now_or_never().is_some());
    }

    #[test]
    fn resources_beyond_the_locks_share_them() {
        let locks = GuardLocks::new(100);
        let held = locks.lock(set(&[70])).now_or_never().expect("it is free");
        assert!(held.set().contains(6) && held.set().contains(70));
        assert!(locks.try_enter(set(&[99])).is_some());
        assert!(locks.try_enter(set(&[6])).is_none());
    }
}
