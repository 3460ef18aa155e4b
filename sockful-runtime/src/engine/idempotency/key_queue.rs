//! Serializes requests with the same key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex as Lock, OwnedMutexGuard};
use uuid::Uuid;

/// The keys of running requests. There are never more than requests in flight.
#[derive(Debug, Default)]
pub(super) struct KeyQueue(Mutex<HashMap<QueueName, KeyLine>>);

type QueueName = (Arc<str>, Uuid);

/// The requests that run or wait under one key.
#[derive(Debug, Default)]
struct KeyLine {
    lock: Arc<Lock<()>>,
    len: usize,
}

/// A place in the queue of a key, from when the request starts to wait.
#[derive(Debug)]
pub(super) struct KeyGuard<'a> {
    queue: &'a KeyQueue,
    name: QueueName,
    held: Option<OwnedMutexGuard<()>>,
}

impl KeyQueue {
    /// Waits until no request runs under this key. Requests are served in FIFO order.
    pub(super) async fn enter(&self, caller: &Arc<str>, key: Uuid) -> KeyGuard<'_> {
        let name = (Arc::clone(caller), key);
        let lock = {
            let mut lines = self.lines();
            let line = lines.entry(name.clone()).or_default();
            line.len += 1;
            Arc::clone(&line.lock)
        };
        // Dropping the guard leaves the queue, also while it still waits.
        let mut guard = KeyGuard {
            queue: self,
            name,
            held: None,
        };
        guard.held = Some(lock.lock_owned().await);
        guard
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<QueueName, KeyLine>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for KeyGuard<'_> {
    fn drop(&mut self) {
        self.held = None;
        let mut lines = self.queue.lines();
        if let Some(line) = lines.get_mut(&self.name) {
            line.len -= 1;
            if line.len == 0 {
                lines.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::pin::pin;

    #[tokio::test]
    async fn requests_with_one_key_run_in_fifo_order() {
        let (queue, key) = (KeyQueue::default(), Uuid::now_v7());
        let bob: Arc<str> = "bob".into();
        let first = queue.enter(&bob, key).await;
        let (mut second, mut third) = (pin!(queue.enter(&bob, key)), pin!(queue.enter(&bob, key)));
        assert!((&mut second).now_or_never().is_none());
        assert!((&mut third).now_or_never().is_none());
        drop(first);
        assert!((&mut third).now_or_never().is_none());
        drop(
            second
                .now_or_never()
                .expect("the request is first in the queue"),
        );
        drop(
            third
                .now_or_never()
                .expect("the request is first in the queue"),
        );
        assert!(queue.lines().is_empty());
    }

    #[tokio::test]
    async fn cancelled_waiter_does_not_block_the_queue() {
        let (queue, key) = (KeyQueue::default(), Uuid::now_v7());
        let bob: Arc<str> = "bob".into();
        let first = queue.enter(&bob, key).await;
        let mut second = Box::pin(queue.enter(&bob, key));
        assert!((&mut second).now_or_never().is_none());
        let mut third = pin!(queue.enter(&bob, key));
        assert!((&mut third).now_or_never().is_none());
        drop(first);
        drop(second);
        drop(
            third
                .now_or_never()
                .expect("the request is first in the queue"),
        );
        assert!(queue.lines().is_empty());
    }

    #[tokio::test]
    async fn other_keys_and_callers_do_not_wait() {
        let (queue, key) = (KeyQueue::default(), Uuid::now_v7());
        let (bob, eve): (Arc<str>, Arc<str>) = ("bob".into(), "eve".into());
        let _first = queue.enter(&bob, key).await;
        assert!(queue.enter(&eve, key).now_or_never().is_some());
        assert!(queue.enter(&bob, Uuid::now_v7()).now_or_never().is_some());
        assert_eq!(queue.lines().len(), 1);
    }
}
