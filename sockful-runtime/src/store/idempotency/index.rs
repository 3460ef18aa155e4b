//! The requests that took effect, by caller and key.

#[cfg(test)]
mod tests;

use crate::protocol::idempotency_key::{MAX_SKEW, time};
use crate::store::StoreLimits;
use crate::store::idempotency::{CompletedRequest, IdempotencyEntry, Lookup};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// How many expired requests a commit removes: more than it adds, and few enough to be quick.
const EXPIRED_AT_ONCE: usize = 16;

/// How many callers are tried for one more entry to remove, and how many entries of each.
const TRIED: usize = 8;

/// How long a key stays in the index at least, in milliseconds, unless the hard limits are exceeded:
/// the skew that is tolerated, and as long again for the retries of one request.
const YOUNG: u64 = 2 * MAX_SKEW_MILLIS;
const MAX_SKEW_MILLIS: u64 = MAX_SKEW.as_secs() * 1_000;

/// The approximate size of an entry without its strings. Nodes of the tree are half empty, and a caller
/// is counted as if it had no other entry.
const WEIGHT: usize =
    2 * size_of::<IndexedRequest<CompletedRequest>>() + size_of::<CallerKeys>() + 64;

/// The approximate size of a horizon whose caller has no entries.
const HORIZON_WEIGHT: usize = 512;

/// The newest requests that took effect: as many as the limits allow, and always the last one.
///
/// An entry that has to go is first reduced to its key: a retry is refused, and no other key is
/// affected. A key is removed only if it is no longer [`YOUNG`], and never while it is ahead of the
/// clock. The removal raises the *horizon* of its caller, the newest time in a removed key: a key with a
/// later time was never removed; a key at or before it may have been, and is reported as forgotten. So a
/// fresh key takes effect although the clocks of clients differ.
///
/// The limits of all callers are shared fairly: the caller with the largest share of them loses its
/// oldest entry, and no caller loses one that has less than an equal share. Callers without an identity are not one caller, so the limit per caller does not apply
/// to them.
///
/// If keys come so fast that young ones exceed the limits, the horizon of the caller with the largest
/// share rises to a younger key. If these keys are ahead of the clock, other keys ahead of the clock are
/// [refused](Lookup::Ahead) until the clock has passed them.
///
/// `A` is the response.
#[derive(Debug)]
pub(crate) struct IdempotencyIndex<A> {
    limits: KeyLimits,
    callers: HashMap<Arc<str>, CallerKeys>,
    /// By the commits that the requests made: the first is the oldest.
    entries: BTreeMap<u64, IndexedRequest<A>>,
    /// The callers with entries, by their [share](KeyLimits::share) of the limits.
    shares: BTreeSet<(u128, Arc<str>)>,
    /// The callers without entries, by their horizons.
    idle: BTreeSet<(u64, Arc<str>)>,
    weight: usize,
    /// The horizon of all callers: the newest of those that there was no room to keep for each caller.
    horizon: Option<u64>,
    /// Whether nothing could be removed the last time the limits were exceeded.
    is_full: bool,
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

impl KeyLimits {
    /// How much of the limits a caller uses, in a unit that is the same for all callers: the larger of
    /// its share of `all` and its share of `capacity`.
    fn share(&self, caller: &CallerKeys) -> u128 {
        let by_weight = caller.weight as u128 * self.all as u128;
        by_weight.max(caller.len() as u128 * self.capacity as u128)
    }

    /// How many horizons are kept of callers without entries.
    fn horizons(&self) -> usize {
        self.all.min(self.capacity / HORIZON_WEIGHT)
    }
}

/// One caller's entries, by the commits that they made.
#[derive(Debug, Default)]
struct CallerKeys {
    by_key: HashMap<Uuid, u64>,
    /// Entries with their response, oldest first.
    answered: VecDeque<u64>,
    /// Older entries without it, oldest first.
    reduced: VecDeque<u64>,
    weight: usize,
    horizon: Option<u64>,
}

impl CallerKeys {
    fn len(&self) -> usize {
        self.by_key.len()
    }
}

/// A request that took effect.
#[derive(Debug)]
pub(crate) struct IndexedRequest<A> {
    pub(crate) caller: Arc<str>,
    pub(crate) key: Uuid,
    /// When it was committed, in milliseconds since 1970.
    pub(crate) at: u64,
    /// The number of its commit.
    pub(crate) seq: u64,
    /// The approximate number of bytes that it takes in memory.
    pub(crate) weight: usize,
    /// The response; `None` if there was no room to keep it.
    pub(crate) response: Option<A>,
}

/// What the index no longer keeps.
#[derive(Debug)]
pub(crate) enum Evicted<A> {
    /// A request with its key.
    Removed(IndexedRequest<A>),
    /// The response of the request that made this commit; its key is kept.
    Response {
        /// The number of the commit.
        seq: u64,
        /// The weight of the entry without the response.
        weight: usize,
        /// The response itself.
        #[expect(dead_code, reason = "it is dropped outside of locks")]
        response: Option<A>,
    },
    /// The horizon of a caller, which that of all callers replaces.
    Horizon(Arc<str>),
}

impl<A> IndexedRequest<A> {
    /// `weight` is that of the response.
    pub(crate) fn new(entry: &IdempotencyEntry, seq: u64, weight: usize, response: A) -> Self {
        Self {
            caller: Arc::clone(&entry.caller),
            key: entry.key,
            at: entry.at,
            seq,
            weight: WEIGHT + entry.caller.len() + weight,
            response: Some(response),
        }
    }

    fn weight_without_response(&self) -> usize {
        WEIGHT + self.caller.len()
    }

    /// Whether a retry may still come, or the clock was set back since.
    fn is_young(&self, now: u64) -> bool {
        self.at.max(time(self.key)).saturating_add(YOUNG) > now
    }

    fn is_ahead(&self, now: u64) -> bool {
        time(self.key) > now
    }
}

impl<A> IdempotencyIndex<A> {
    pub(crate) fn new(limits: &StoreLimits) -> Self {
        Self {
            limits: KeyLimits::from(limits),
            callers: HashMap::new(),
            entries: BTreeMap::new(),
            shares: BTreeSet::new(),
            idle: BTreeSet::new(),
            weight: 0,
            horizon: None,
            is_full: false,
        }
    }

    /// Sets the limits, which hold from the next request on.
    pub(crate) fn set_limits(&mut self, limits: &StoreLimits) {
        self.limits = KeyLimits::from(limits);
        let callers = self.callers.iter().filter(|(_, it)| it.len() > 0);
        let shares = callers.map(|(name, it)| (self.limits.share(it), Arc::clone(name)));
        self.shares = shares.collect();
    }

    /// Restores stored horizons, that of all callers and those of single callers, before the entries are
    /// [pushed](Self::push) again.
    #[cfg(feature = "sqlite")]
    pub(crate) fn restore(&mut self, horizon: Option<u64>, own: HashMap<Arc<str>, u64>) {
        self.horizon = horizon;
        for (caller, horizon) in own {
            self.idle.insert((horizon, Arc::clone(&caller)));
            self.callers.entry(caller).or_default().horizon = Some(horizon);
        }
    }

    /// Returns the caller's own horizon, if any, and the horizon of all callers.
    #[cfg(feature = "sqlite")]
    pub(crate) fn horizons(&self, caller: &str) -> (Option<u64>, Option<u64>) {
        let own = self.callers.get(caller).and_then(|caller| caller.horizon);
        (own, self.horizon)
    }

    /// Returns a request that is remembered.
    pub(crate) fn get(&self, caller: &str, key: Uuid) -> Option<&IndexedRequest<A>> {
        let seq = self.callers.get(caller)?.by_key.get(&key)?;
        self.entries.get(seq)
    }

    /// Returns what is known at `now` about a request whose response is not remembered.
    pub(crate) fn without_response(&self, caller: &str, key: Uuid, now: u64) -> Lookup {
        if self.get(caller, key).is_some() || self.is_forgotten(caller, key, now) {
            Lookup::Forgotten
        } else if self.is_full && time(key) > now {
            Lookup::Ahead
        } else {
            Lookup::Unknown
        }
    }

    /// Whether a request with this key may take effect at `now`.
    pub(crate) fn takes(&self, caller: &str, key: Uuid, now: u64) -> bool {
        self.get(caller, key).is_none() && !self.is_forgotten(caller, key, now)
    }

    /// Whether an entry of this key may have been removed.
    fn is_forgotten(&self, caller: &str, key: Uuid, now: u64) -> bool {
        let own = self.callers.get(caller).and_then(|caller| caller.horizon);
        let horizon = self.horizon.max(own).map(|horizon| match horizon {
            // The clock was wrong when it rose. Keys that are young now were made since.
            wrong if is_far_ahead(wrong, now) => now.saturating_sub(YOUNG),
            horizon => horizon,
        });
        Some(time(key)) <= horizon
    }

    /// Adds a request that [may take effect](Self::takes), and returns what was removed for it.
    #[must_use = "drop removed entries outside of the lock: that takes time"]
    pub(crate) fn push(&mut self, mut entry: IndexedRequest<A>) -> Vec<Evicted<A>> {
        if let Some((caller, _)) = self.callers.get_key_value(&*entry.caller) {
            entry.caller = Arc::clone(caller);
        }
        let (now, newest) = (entry.at, entry.seq);
        let caller = Arc::clone(&entry.caller);
        self.weight += entry.weight;
        self.update(&caller, |own| {
            own.by_key.insert(entry.key, newest);
            own.weight += entry.weight;
            let list = if entry.response.is_some() {
                &mut own.answered
            } else {
                &mut own.reduced
            };
            list.push_back(newest);
        });
        self.entries.insert(newest, entry);

        let mut evicted = Vec::new();
        self.trim_caller(&caller, now, &mut evicted);
        self.remove_expired(now, newest, &mut evicted);
        self.is_full = false;
        while self.is_over() && !self.is_full {
            self.is_full = !self.trim_largest(now, newest, &mut evicted);
        }
        self.fold_horizons(now, &mut evicted);
        evicted
    }

    fn is_over(&self) -> bool {
        self.entries.len() > self.limits.all || self.weight > self.limits.capacity
    }

    /// Applies the limit per caller, and removes keys that were kept only while they were young.
    fn trim_caller(&mut self, caller: &Arc<str>, now: u64, evicted: &mut Vec<Evicted<A>>) {
        let Some(own) = self.callers.get(caller) else {
            return;
        };
        // Callers without an identity are not one caller.
        let is_over = !caller.is_empty() && own.answered.len() > self.limits.per_caller;
        let oldest = own.answered.front().copied().filter(|_| is_over);
        evicted.extend(oldest.and_then(|seq| {
            let is_young = self.entries.get(&seq).is_some_and(|it| it.is_young(now));
            if is_young {
                self.reduce(seq)
            } else {
                self.remove(seq, now)
            }
        }));
        // One more than is added, so that the others go by and by.
        for _ in 0..2 {
            let oldest = self.callers.get(caller).and_then(|it| it.reduced.front());
            let oldest = oldest.and_then(|seq| self.entries.get(seq));
            let Some(seq) = oldest.filter(|it| !it.is_young(now)).map(|it| it.seq) else {
                break;
            };
            evicted.extend(self.remove(seq, now));
        }
    }

    fn remove_expired(&mut self, now: u64, newest: u64, evicted: &mut Vec<Evicted<A>>) {
        for _ in 0..EXPIRED_AT_ONCE {
            let oldest = self.entries.first_key_value();
            let Some((&seq, oldest)) = oldest.filter(|(seq, _)| **seq != newest) else {
                break;
            };
            let is_expired = oldest.at.saturating_add(self.limits.retention) <= now;
            if !is_expired || oldest.is_ahead(now) {
                break;
            }
            evicted.extend(self.remove(seq, now));
        }
    }

    /// Makes room: the caller with the largest share loses the response of its oldest entry, or the entry
    /// itself. Returns whether there was one that could go.
    fn trim_largest(&mut self, now: u64, newest: u64, evicted: &mut Vec<Evicted<A>>) -> bool {
        let is_over_weight = self.entries.len() <= self.limits.all;
        let equal = self.limits.all as u128 * self.limits.capacity as u128;
        let equal = equal / self.shares.len().max(1) as u128;
        let mut trimmed = None;
        for (share, caller) in self.shares.iter().rev().take(TRIED) {
            if *share <= equal {
                break;
            }
            let Some(own) = self.callers.get(caller) else {
                continue;
            };
            let others = |seq: &&u64| **seq != newest;
            if is_over_weight && let Some(&seq) = own.answered.front().filter(others) {
                trimmed = Some((seq, true));
                break;
            }
            let oldest = own.reduced.iter().chain(&own.answered).filter(others);
            let may_go = |seq: &&u64| self.entries.get(seq).is_some_and(|it| !it.is_ahead(now));
            if let Some(&seq) = oldest.take(TRIED).find(may_go) {
                trimmed = Some((seq, false));
                break;
            }
        }
        let Some((seq, only_response)) = trimmed else {
            return false;
        };
        let is_young = self.entries.get(&seq).is_some_and(|it| it.is_young(now));
        let done = if only_response && is_young {
            self.reduce(seq)
        } else {
            self.remove(seq, now)
        };
        let is_done = done.is_some();
        evicted.extend(done);
        is_done
    }

    /// Replaces the oldest horizons of callers without entries by one horizon of all callers, if there
    /// are too many. It affects no key that is young.
    fn fold_horizons(&mut self, now: u64, evicted: &mut Vec<Evicted<A>>) {
        while self.idle.len() > self.limits.horizons()
            && let Some((horizon, _)) = self.idle.first()
            && horizon.saturating_add(YOUNG) <= now
            && let Some((horizon, caller)) = self.idle.pop_first()
        {
            self.horizon = self.horizon.max(Some(horizon));
            self.callers.remove(&caller);
            evicted.push(Evicted::Horizon(caller));
        }
    }

    /// Drops the response of an entry, and keeps its key.
    fn reduce(&mut self, seq: u64) -> Option<Evicted<A>> {
        let entry = self.entries.get_mut(&seq)?;
        let weight = entry.weight_without_response();
        let freed = entry.weight.saturating_sub(weight);
        entry.weight -= freed;
        let response = entry.response.take();
        let caller = Arc::clone(&entry.caller);
        self.weight -= freed;
        self.update(&caller, |own| {
            own.weight -= freed;
            take_out(&mut own.answered, seq);
            own.reduced.push_back(seq);
        });
        Some(Evicted::Response {
            seq,
            weight,
            response,
        })
    }

    /// Removes an entry, which raises the horizon of its caller.
    fn remove(&mut self, seq: u64, now: u64) -> Option<Evicted<A>> {
        let entry = self.entries.remove(&seq)?;
        self.weight -= entry.weight;
        self.update(&entry.caller, |own| {
            own.weight -= entry.weight;
            own.by_key.remove(&entry.key);
            if !take_out(&mut own.reduced, seq) {
                take_out(&mut own.answered, seq);
            }
            // One that is ahead rose while the clock was wrong.
            let known = own.horizon.filter(|horizon| !is_far_ahead(*horizon, now));
            own.horizon = known.max(Some(time(entry.key)));
        });
        Some(Evicted::Removed(entry))
    }

    /// Changes what is known of a caller, and keeps the orders of callers up to date.
    fn update(&mut self, caller: &Arc<str>, change: impl FnOnce(&mut CallerKeys)) {
        let own = self.callers.entry(Arc::clone(caller)).or_default();
        if own.len() > 0 {
            self.shares
                .remove(&(self.limits.share(own), Arc::clone(caller)));
        } else if let Some(horizon) = own.horizon {
            self.idle.remove(&(horizon, Arc::clone(caller)));
        }
        change(own);
        if own.len() > 0 {
            self.shares
                .insert((self.limits.share(own), Arc::clone(caller)));
        } else if let Some(horizon) = own.horizon {
            self.idle.insert((horizon, Arc::clone(caller)));
        }
    }
}

/// Whether a time is further ahead of `now` than clocks may differ.
fn is_far_ahead(time: u64, now: u64) -> bool {
    time > now.saturating_add(MAX_SKEW_MILLIS)
}

/// Removes one of the oldest entries of a list. Returns whether it was there.
fn take_out(list: &mut VecDeque<u64>, seq: u64) -> bool {
    let position = list.iter().take(TRIED + 1).position(|it| *it == seq);
    position.is_some_and(|position| list.remove(position).is_some())
}

impl IdempotencyIndex<CompletedRequest> {
    pub(crate) fn look_up(&self, caller: &str, key: Uuid, now: u64) -> Lookup {
        match self.get(caller, key).and_then(|it| it.response.as_ref()) {
            Some(completed) => Lookup::Completed(completed.clone()),
            None => self.without_response(caller, key, now),
        }
    }
}
