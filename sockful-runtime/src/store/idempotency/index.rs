//! The requests that took effect, by caller and key.

#[cfg(test)]
mod tests;

use crate::protocol::idempotency_key::time;
use crate::store::StoreLimits;
use crate::store::idempotency::{CompletedRequest, IdempotencyEntry, Lookup};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// How many expired requests a commit removes: more than it adds, and few enough to be quick.
const EXPIRED_AT_ONCE: usize = 16;

/// The approximate size of an entry without its strings. Nodes of the tree are half empty, and a caller
/// is counted as if it had no other entry.
const WEIGHT: usize =
    2 * size_of::<IndexedRequest<CompletedRequest>>() + size_of::<CallerKeys>() + 64;

/// The newest requests that took effect: as many as the limits allow, and always the last one.
///
/// A removed entry raises its caller's *horizon*: the newest time in a removed key. A key with a later
/// time was never removed, whatever the clocks of clients and servers show; a key at or before the
/// horizon may have been, and is reported as forgotten. When a caller's last entry is removed, its
/// horizon becomes the horizon of all callers, so that nothing is kept for callers without entries. A
/// caller with many entries does not make the keys of others forgotten while those have entries.
///
/// `A` is the response, or where it is stored.
#[derive(Debug)]
pub(crate) struct IdempotencyIndex<A> {
    limits: KeyLimits,
    callers: HashMap<Arc<str>, CallerKeys>,
    /// By ascending numbers: the first is the oldest.
    entries: BTreeMap<u64, IndexedRequest<A>>,
    next: u64,
    weight: usize,
    /// The horizon of callers without entries.
    horizon: Option<u64>,
}

#[derive(Debug)]
struct KeyLimits {
    retention: u64,
    per_caller: usize,
    all: usize,
    capacity: usize,
}

impl From<&StoreLimits> for KeyLimits {
    fn from(limits: &StoreLimits) -> Self {
        Self {
            retention: u64::try_from(limits.key_retention.as_millis()).unwrap_or(u64::MAX),
            per_caller: limits.max_keys_per_caller,
            all: limits.max_keys,
            capacity: limits.key_capacity,
        }
    }
}

/// The numbers of one caller's entries; there is at least one.
#[derive(Debug, Default)]
struct CallerKeys {
    by_key: HashMap<Uuid, u64>,
    oldest_first: VecDeque<u64>,
    horizon: Option<u64>,
}

/// A request that took effect.
#[derive(Debug)]
pub(crate) struct IndexedRequest<A> {
    pub(crate) caller: Arc<str>,
    pub(crate) key: Uuid,
    /// When it was committed, in milliseconds since 1970.
    pub(crate) at: u64,
    /// The approximate number of bytes that it takes in memory.
    pub(crate) weight: usize,
    pub(crate) response: A,
}

impl<A> IndexedRequest<A> {
    /// `weight` is that of the response.
    pub(crate) fn new(entry: &IdempotencyEntry, weight: usize, response: A) -> Self {
        Self {
            caller: Arc::clone(&entry.caller),
            key: entry.key,
            at: entry.at,
            weight: WEIGHT + entry.caller.len() + weight,
            response,
        }
    }
}

impl<A> IdempotencyIndex<A> {
    pub(crate) fn new(limits: &StoreLimits) -> Self {
        Self {
            limits: KeyLimits::from(limits),
            callers: HashMap::new(),
            entries: BTreeMap::new(),
            next: 0,
            weight: 0,
            horizon: None,
        }
    }

    /// Sets the limits, which hold from the next request on.
    pub(crate) fn set_limits(&mut self, limits: &StoreLimits) {
        self.limits = KeyLimits::from(limits);
    }

    /// Restores stored horizons, that of all callers and those of single callers, before the entries are
    /// [pushed](Self::push) again.
    #[cfg(feature = "sqlite")]
    pub(crate) fn restore(&mut self, horizon: Option<u64>, own: HashMap<Arc<str>, u64>) {
        self.horizon = horizon;
        for (caller, horizon) in own {
            let horizon = Some(horizon);
            self.callers.entry(caller).or_default().horizon = horizon;
        }
    }

    /// Returns the caller's own horizon, if any, and the horizon of all callers.
    #[cfg(feature = "sqlite")]
    pub(crate) fn horizons(&self, caller: &str) -> (Option<u64>, Option<u64>) {
        let own = self.callers.get(caller).and_then(|caller| caller.horizon);
        (own, self.horizon)
    }

    /// Returns the response to a request that is remembered.
    pub(crate) fn get(&self, caller: &str, key: Uuid) -> Option<&A> {
        let number = self.callers.get(caller)?.by_key.get(&key)?;
        self.entries.get(number).map(|entry| &entry.response)
    }

    /// Returns what is known about a request that is not remembered.
    pub(crate) fn not_remembered(&self, caller: &str, key: Uuid) -> Lookup {
        if self.is_forgotten(caller, key) {
            Lookup::Forgotten
        } else {
            Lookup::Unknown
        }
    }

    /// Whether a request with this key may take effect.
    pub(crate) fn takes(&self, caller: &str, key: Uuid) -> bool {
        self.get(caller, key).is_none() && !self.is_forgotten(caller, key)
    }

    /// Whether an entry of this key may have been removed.
    fn is_forgotten(&self, caller: &str, key: Uuid) -> bool {
        let own = self.callers.get(caller).and_then(|caller| caller.horizon);
        Some(time(key)) <= self.horizon.max(own)
    }

    /// Adds a request that [may take effect](Self::takes), and returns the entries removed for it.
    #[must_use = "drop removed entries outside of the lock: that takes time"]
    pub(crate) fn push(&mut self, mut entry: IndexedRequest<A>) -> Vec<IndexedRequest<A>> {
        if let Some((caller, _)) = self.callers.get_key_value(&*entry.caller) {
            entry.caller = Arc::clone(caller);
        }
        let at = entry.at;
        let number = self.next;
        self.next += 1;
        let own = self.callers.entry(Arc::clone(&entry.caller)).or_default();
        own.by_key.insert(entry.key, number);
        own.oldest_first.push_back(number);
        let is_over = own.oldest_first.len() > self.limits.per_caller;
        let oldest = own.oldest_first.front().copied().filter(|_| is_over);
        self.weight += entry.weight;
        self.entries.insert(number, entry);

        let oldest = oldest.and_then(|number| self.remove(number));
        let mut removed: Vec<_> = oldest.into_iter().collect();
        let mut expired = 0;
        while let Some((&number, oldest)) = self.entries.first_key_value()
            && self.entries.len() > 1
        {
            let is_over =
                self.entries.len() > self.limits.all || self.weight > self.limits.capacity;
            let is_expired = oldest.at.saturating_add(self.limits.retention) <= at;
            if !is_over && (!is_expired || expired == EXPIRED_AT_ONCE) {
                break;
            }
            expired += usize::from(!is_over);
            removed.extend(self.remove(number));
        }
        removed
    }

    /// Removes the oldest entry of its caller, and the caller with its last one.
    fn remove(&mut self, number: u64) -> Option<IndexedRequest<A>> {
        let entry = self.entries.remove(&number)?;
        self.weight -= entry.weight;
        let caller = self.callers.get_mut(&entry.caller)?;
        caller.by_key.remove(&entry.key);
        caller.oldest_first.pop_front();
        caller.horizon = caller.horizon.max(Some(time(entry.key)));
        if caller.oldest_first.is_empty() {
            self.horizon = self.horizon.max(caller.horizon);
            self.callers.remove(&entry.caller);
        }
        Some(entry)
    }
}

impl IdempotencyIndex<CompletedRequest> {
    pub(crate) fn look_up(&self, caller: &str, key: Uuid) -> Lookup {
        match self.get(caller, key) {
            Some(completed) => Lookup::Completed(completed.clone()),
            None => self.not_remembered(caller, key),
        }
    }
}
