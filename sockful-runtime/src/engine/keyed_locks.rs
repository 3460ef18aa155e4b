//! Locks that exist only while they are held: one for each record or caller.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Fair locks by key. Waiters for the same key are served in FIFO order; waiters for different keys
/// do not affect each other.
///
/// Keys are identified by a 64-bit hash. If two keys that are locked at the same time have the same
/// hash, their callers wait for each other.
#[derive(Debug)]
pub(crate) struct KeyedLocks {
    shards: Box<[Mutex<Shard>]>,
    hasher: RandomState,
}

/// The held locks, each with its waiters. An uncontended lock allocates nothing.
type Shard = HashMap<u64, VecDeque<oneshot::Sender<()>>, BuildHasherDefault<HashOfHash>>;

/// How many maps the locks are spread over, to avoid contention between threads.
const SHARDS: usize = 64;

/// The capacity that an empty map keeps.
const KEPT: usize = 256;

/// A lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct LockGuard<'a> {
    locks: &'a KeyedLocks,
    hash: u64,
}

/// A waiter for a lock. If it is dropped after the lock was passed on to it, the next waiter gets
/// the lock.
struct Waiting<'a> {
    locks: &'a KeyedLocks,
    hash: u64,
    passed: oneshot::Receiver<()>,
}

impl KeyedLocks {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Waits for the lock of a key, in FIFO order.
    ///
    /// A task that holds one lock and waits for another may deadlock: a `&mut self` method that
    /// writes its own record through a [`ServerHandle`](crate::ServerHandle) waits until it times
    /// out.
    pub(crate) async fn lock(&self, key: impl Hash) -> LockGuard<'_> {
        let hash = self.hasher.hash_one(key);
        let passed = match self.shard(hash).entry(hash) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(VecDeque::new());
                None
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let (pass, passed) = oneshot::channel();
                entry.get_mut().push_back(pass);
                Some(passed)
            }
        };
        if let Some(passed) = passed {
            let mut waiting = Waiting {
                locks: self,
                hash,
                passed,
            };
            // The sender is dropped only after it has sent.
            let _ = (&mut waiting.passed).await;
        }
        LockGuard { locks: self, hash }
    }

    /// Passes a lock on to its first remaining waiter.
    fn release(&self, hash: u64) {
        let mut shard = self.shard(hash);
        let Some(waiting) = shard.get_mut(&hash) else {
            return;
        };
        while let Some(next) = waiting.pop_front() {
            if next.send(()).is_ok() {
                return;
            }
        }
        shard.remove(&hash);
        if shard.is_empty() && shard.capacity() > 2 * KEPT {
            shard.shrink_to(KEPT);
        }
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        // No code that can panic runs under the lock, so a poisoned state is still valid.
        self.shards[shard_of(hash)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of held locks.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        let shards = self.shards.iter();
        shards
            .map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len())
            .sum()
    }
}

impl Drop for LockGuard<'_> {
    fn drop(&mut self) {
        self.locks.release(self.hash);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.passed.close();
        if self.passed.try_recv().is_ok() {
            self.locks.release(self.hash);
        }
    }
}

/// Returns the index of the map for a key with this hash.
///
/// Within a map the low bits select the bucket and the top seven bits distinguish keys, so neither
/// of them may be the same for all keys of a map.
fn shard_of(hash: u64) -> usize {
    usize::try_from((hash >> 32) % SHARDS as u64).unwrap_or_default()
}

/// A hasher for keys that are hashes.
#[derive(Default)]
struct HashOfHash(u64);

impl Hasher for HashOfHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[test]
    fn locks_of_other_keys_do_not_wait() {
        let locks = KeyedLocks::new();
        let held: Vec<_> = (0..20_000)
            .map(|n| locks.lock((7, n)).now_or_never().expect("another record"))
            .collect();
        assert_eq!(locks.held(), 20_000);
        assert!(locks.lock((7, 11)).now_or_never().is_none());
        assert!(locks.lock((8, 11)).now_or_never().is_some());
        drop(held);
        assert_eq!(locks.held(), 0);
    }

    #[test]
    fn keys_of_one_shard_differ_in_the_bits_of_its_map() {
        let locks = KeyedLocks::new();
        let hashes = (0..64 * 2_000).map(|n| locks.hasher.hash_one(n));
        let hashes: Vec<_> = hashes.filter(|hash| shard_of(*hash) == 7).collect();
        assert!(hashes.len() > 1_000, "{}", hashes.len());
        for bits in [0, 57] {
            let values = hashes.iter().map(|hash| (hash >> bits) % 128);
            let values: std::collections::HashSet<_> = values.collect();
            assert!(values.len() > 100, "{} from bit {bits}", values.len());
        }
    }

    #[test]
    fn waiters_of_one_key_follow_in_order() {
        let locks = KeyedLocks::new();
        let mut cx = Context::from_waker(Waker::noop());
        let first = locks.lock("a").now_or_never().expect("it is free");
        let (mut second, mut third) = (pin!(locks.lock("a")), pin!(locks.lock("a")));
        let (mut gone, mut fourth) = (Box::pin(locks.lock("a")), pin!(locks.lock("a")));
        assert!(second.as_mut().poll(&mut cx).is_pending());
        assert!(third.as_mut().poll(&mut cx).is_pending());
        assert!(gone.as_mut().poll(&mut cx).is_pending());
        assert!(fourth.as_mut().poll(&mut cx).is_pending());
        drop(first);
        assert!(third.as_mut().poll(&mut cx).is_pending());
        let second = second.as_mut().poll(&mut cx);
        assert!(second.is_ready());
        drop(second);
        // The next waiter got the lock and releases it unused; another one was dropped before.
        assert!(third.as_mut().poll(&mut cx).is_ready());
        drop(gone);
        assert!(fourth.as_mut().poll(&mut cx).is_ready());
        assert_eq!(locks.held(), 0);
    }

    #[test]
    fn lock_passed_to_a_dropped_waiter_is_released() {
        let locks = KeyedLocks::new();
        let mut cx = Context::from_waker(Waker::noop());
        let first = locks.lock("a").now_or_never().expect("it is free");
        let mut second = Box::pin(locks.lock("a"));
        assert!(second.as_mut().poll(&mut cx).is_pending());
        drop(first);
        drop(second);
        assert_eq!(locks.held(), 0);
        assert!(locks.lock("a").now_or_never().is_some());
    }
}
