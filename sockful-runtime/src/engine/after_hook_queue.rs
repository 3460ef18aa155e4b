//! The queue of commits whose `#[after]` hooks wait or run.

use crate::core::caller_id::CallerId;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

tokio::task_local! {
    /// Set while a hook or a remote method runs.
    static WITHIN_CALL: ();
}

/// Counts the commits whose `#[after]` hooks are not done.
///
/// A request waits for room before it locks a record and before it begins a transaction, never
/// later: the holder of a lock never waits for hooks, so hooks may wait for locks.
#[derive(Debug)]
pub(crate) struct AfterHookQueue {
    max: usize,
    counts: Mutex<Counts>,
    changed: Notify,
    running: Semaphore,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_caller: HashMap<CallerId, usize>,
}

/// A commit whose hooks are not done.
#[derive(Debug)]
pub(crate) struct QueuedHooks {
    queue: Arc<AfterHookQueue>,
    caller: CallerId,
}

/// Runs application code within a call. Independent writes of that code, such as through a
/// [`ServerHandle`](crate::ServerHandle), do not wait for room: the call may hold a lock, or may be
/// one of the hooks that others wait for.
pub(crate) async fn within_call<T>(future: impl Future<Output = T>) -> T {
    WITHIN_CALL.scope((), future).await
}

impl AfterHookQueue {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            counts: Mutex::default(),
            changed: Notify::new(),
            running: Semaphore::new(max),
        })
    }

    /// Waits until the caller has fewer commits in the queue than there is room left for others.
    /// Returns at once within a call.
    pub(crate) async fn wait_for_room(&self, caller: &CallerId) {
        if self.counts().has_room(caller, self.max) || WITHIN_CALL.try_with(|()| ()).is_ok() {
            return;
        }
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.counts().has_room(caller, self.max) {
                return;
            }
            changed.await;
        }
    }

    /// Counts another commit of the caller, even if there is no room: several requests that waited
    /// at the same time may all have found it.
    pub(crate) fn enter(self: &Arc<Self>, caller: CallerId) -> QueuedHooks {
        let mut counts = self.counts();
        counts.all += 1;
        *counts.by_caller.entry(caller.clone()).or_default() += 1;
        QueuedHooks {
            queue: self.clone(),
            caller,
        }
    }

    /// Waits until the hooks of one more commit may run.
    pub(crate) async fn run_permit(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.running.acquire().await.ok()
    }

    /// Waits until all hooks are done.
    pub(crate) async fn wait_until_idle(&self) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.counts().all == 0 {
                return;
            }
            changed.await;
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn has_room(&self, caller: &CallerId, max: usize) -> bool {
        let own = self.by_caller.get(caller).copied().unwrap_or_default();
        own < max.saturating_sub(self.all)
    }
}

impl Drop for QueuedHooks {
    fn drop(&mut self) {
        let mut counts = self.queue.counts();
        counts.all -= 1;
        if let Some(own) = counts.by_caller.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                counts.by_caller.remove(&self.caller);
            }
        }
        drop(counts);
        self.queue.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn caller_at_its_share_leaves_room_for_others() {
        let queue = AfterHookQueue::new(8);
        let [mal, ann] = ["mal", "ann"].map(|key| CallerId::Key(key.into()));
        let waits = |caller: &CallerId| queue.wait_for_room(caller).now_or_never().is_none();
        let enter = || (!waits(&mal)).then(|| queue.enter(mal.clone()));
        let held: Vec<_> = std::iter::from_fn(enter).collect();
        assert_eq!(held.len(), 4);
        assert!(!waits(&ann));
        assert!(
            within_call(queue.wait_for_room(&mal))
                .now_or_never()
                .is_some()
        );
        assert!(queue.wait_until_idle().now_or_never().is_none());
        drop(held);
        assert!(!waits(&mal));
        assert!(queue.wait_until_idle().now_or_never().is_some());
    }
}
