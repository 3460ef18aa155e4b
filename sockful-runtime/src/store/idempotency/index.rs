//! The requests that took effect, by caller and key.

#[cfg(test)]
mod tests;

use crate::core::config::Config;
use crate::store::idempotency::{Completed, Completion, Lookup, time};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// How many requests that are over their time a commit lets go: few enough that nobody waits for
/// it, and more than it adds.
const EXPIRED_AT_ONCE: usize = 16;

/// What an entry takes, about, beside its texts: the nodes of the tree are half empty, and a caller
/// is counted as if it had no other entry.
const WEIGHT: usize = 2 * size_of::<Entry<Completed>>() + size_of::<Caller>() + 64;

/// The newest requests that took effect, as many as the limits allow and never less than the last.
///
/// What was let go leaves its mark in its caller's *horizon*: the newest time in a key that was. A
/// key with a later time is none of those, whatever the clocks of clients and servers did; one at
/// or before it may be, and is told to be forgotten. With the last entry of a caller its horizon
/// becomes everybody's: so nothing is kept of callers that are gone, and as long as one has an entry
/// no other's keys are forgotten for the many that it makes.
///
/// `A` is what leads to the answer: the answer itself, or where it is stored.
#[derive(Debug)]
pub(crate) struct Completions<A> {
    limits: Limits,
    callers: HashMap<Arc<str>, Caller>,
    /// By their numbers, which go up: the first is the oldest.
    entries: BTreeMap<u64, Entry<A>>,
    next: u64,
    weight: usize,
    /// That of the callers that are gone.
    horizon: Option<u64>,
}

#[derive(Debug)]
struct Limits {
    retention: u64,
    per_caller: usize,
    all: usize,
    capacity: usize,
}

/// The numbers of one caller's entries; there is at least one.
#[derive(Debug, Default)]
struct Caller {
    by_key: HashMap<Uuid, u64>,
    oldest_first: VecDeque<u64>,
    horizon: Option<u64>,
}

/// A request that took effect.
#[derive(Debug)]
pub(crate) struct Entry<A> {
    pub(crate) caller: Arc<str>,
    pub(crate) key: Uuid,
    /// When it was committed, in milliseconds since 1970.
    pub(crate) at: u64,
    /// How many bytes it takes, about, in memory.
    pub(crate) weight: usize,
    pub(crate) answer: A,
}

impl<A> Entry<A> {
    /// `weight` is that of what was answered.
    pub(crate) fn new(completion: &Completion, weight: usize, answer: A) -> Self {
        Self {
            caller: Arc::clone(&completion.caller),
            key: completion.key,
            at: completion.at,
            weight: WEIGHT + completion.caller.len() + weight,
            answer,
        }
    }
}

impl<A> Completions<A> {
    pub(crate) fn new(config: &Config) -> Self {
        let limits = Limits {
            retention: u64::try_from(config.key_retention.as_millis()).unwrap_or(u64::MAX),
            per_caller: config.max_keys_per_caller,
            all: config.max_keys,
            capacity: config.key_capacity,
        };
        Self {
            limits,
            callers: HashMap::new(),
            entries: BTreeMap::new(),
            next: 0,
            weight: 0,
            horizon: None,
        }
    }

    /// Takes back what was written down of the horizons, before the entries are [pushed](Self::push)
    /// again: everybody's, and those of single callers.
    #[cfg(feature = "sqlite")]
    pub(crate) fn restore(&mut self, horizon: Option<u64>, own: HashMap<Arc<str>, u64>) {
        self.horizon = horizon;
        for (caller, horizon) in own {
            let horizon = Some(horizon);
            self.callers.entry(caller).or_default().horizon = horizon;
        }
    }

    /// The horizon of one caller, where it has one of its own, and everybody's.
    #[cfg(feature = "sqlite")]
    pub(crate) fn horizons(&self, caller: &str) -> (Option<u64>, Option<u64>) {
        let own = self.callers.get(caller).and_then(|caller| caller.horizon);
        (own, self.horizon)
    }

    /// The answer to a request, where it is remembered.
    pub(crate) fn get(&self, caller: &str, key: Uuid) -> Option<&A> {
        let number = self.callers.get(caller)?.by_key.get(&key)?;
        self.entries.get(number).map(|entry| &entry.answer)
    }

    /// What is known of a request that is not remembered.
    pub(crate) fn not_remembered(&self, caller: &str, key: Uuid) -> Lookup {
        if self.is_forgotten(caller, key) {
            Lookup::Forgotten
        } else {
            Lookup::Unknown
        }
    }

    /// Whether a request may still take effect.
    pub(crate) fn takes(&self, caller: &str, key: Uuid) -> bool {
        self.get(caller, key).is_none() && !self.is_forgotten(caller, key)
    }

    /// Whether a key that is not there may have been.
    fn is_forgotten(&self, caller: &str, key: Uuid) -> bool {
        let own = self.callers.get(caller).and_then(|caller| caller.horizon);
        Some(time(key)) <= self.horizon.max(own)
    }

    /// Adds a request that [may take effect](Self::takes), and hands back those that are let go.
    #[must_use = "dropping what was let go takes time that nobody should wait for"]
    pub(crate) fn push(&mut self, mut entry: Entry<A>) -> Vec<Entry<A>> {
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

        let oldest = oldest.and_then(|number| self.let_go(number));
        let mut gone: Vec<_> = oldest.into_iter().collect();
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
            gone.extend(self.let_go(number));
        }
        gone
    }

    /// Takes out the oldest entry of its caller, and the caller with its last one.
    fn let_go(&mut self, number: u64) -> Option<Entry<A>> {
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

impl Completions<Completed> {
    pub(crate) fn look_up(&self, caller: &str, key: Uuid) -> Lookup {
        match self.get(caller, key) {
            Some(completed) => Lookup::Completed(completed.clone()),
            None => self.not_remembered(caller, key),
        }
    }
}
