//! The index of requests that took effect, by caller and key.

mod caller_keys;
mod indexed_request;
mod key_limits;
#[cfg(test)]
mod tests;

pub(crate) use indexed_request::{Evicted, IndexedRequest};

use crate::protocol::idempotency_key::{MAX_SKEW, time};
use crate::store::StoreLimits;
use crate::store::idempotency::{CompletedRequest, Lookup};
use caller_keys::{CallerKeys, Surplus};
use indexed_request::WEIGHT;
use key_limits::KeyLimits;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// The number of expired requests that a commit removes: more than it adds, but few enough to be quick.
const EXPIRED_AT_ONCE: usize = 16;

/// The number of entries that a commit moves, reduces or removes to make room, in addition to those
/// that its own weight requires. Bounds how long the lock is held.
const TRIMMED_AT_ONCE: usize = 16;

/// The minimum time that a key stays in the index, in milliseconds, unless the hard limits are
/// exceeded: the tolerated clock skew, and the same again for the retries of a request.
const YOUNG: u64 = 2 * MAX_SKEW_MILLIS;
const MAX_SKEW_MILLIS: u64 = MAX_SKEW.as_secs() * 1_000;

/// How much later than a commit one with a lower number may have been created, in milliseconds:
/// requests take some time before they queue for the commit.
const DISORDER: u64 = 10_000;

/// The approximate size of a horizon whose caller has no entries.
const HORIZON_WEIGHT: usize = 512;

/// The newest requests that took effect: as many as the limits allow, and always the last one.
///
/// An entry that has to be evicted is first reduced to its key: a retry is rejected, and no other key
/// is affected. A key is removed only if it is no longer [`YOUNG`]. The removal raises the *horizon* of
/// its caller, the newest time in a removed key: a key with a later time was never removed; a key at or
/// before it may have been, and is reported as forgotten. So a fresh key takes effect although the
/// clocks of clients differ.
///
/// The limits of all callers are shared fairly: the caller with the largest share loses its oldest
/// entry, and a caller with at most an equal share loses none. Unauthenticated callers are not one
/// caller, so the limit per caller does not apply to them.
///
/// If keys arrive so fast that young ones exceed the limits, the horizon of the caller with the largest
/// share rises to a younger key. A key ahead of the clock is skipped, because its removal would raise
/// the horizon above the keys that are created now. While the limits are exceeded because of such keys,
/// further ones are [rejected](Lookup::Ahead) for callers with more than an equal share. The limits are
/// exceeded by a quarter at most: then a caller with more than an equal share loses these keys too.
///
/// `A` is the type of the response.
#[derive(Debug)]
pub(crate) struct IdempotencyIndex<A> {
    limits: KeyLimits,
    callers: HashMap<Arc<str>, CallerKeys>,
    /// By the number of the request's commit: the first is the oldest.
    entries: BTreeMap<u64, IndexedRequest<A>>,
    /// The callers with entries, ordered by what they can lose and by their [share](KeyLimits::share)
    /// of the limits.
    shares: BTreeSet<(Surplus, u128, Arc<str>)>,
    /// The entries that were ahead of the clock when they should have been removed, by the times in
    /// their keys. Other entries may be ahead of the clock too.
    ahead: BTreeSet<(u64, u64)>,
    /// The callers without entries, by their horizons.
    idle: BTreeSet<(u64, Arc<str>)>,
    weight: usize,
    /// The time of the last request, or of a slightly earlier one whose clock was later.
    last: u64,
    /// The horizon of all callers: the newest of the callers' horizons that there was no room for.
    horizon: Option<u64>,
}

/// The next step to make room.
#[derive(Debug)]
enum Step {
    /// Record that this entry is ahead of the clock.
    PassOver(u64),
    Reduce(u64),
    Remove(u64),
}

impl<A> IdempotencyIndex<A> {
    pub(crate) fn new(limits: &StoreLimits) -> Self {
        Self {
            limits: KeyLimits::from(limits),
            callers: HashMap::new(),
            entries: BTreeMap::new(),
            shares: BTreeSet::new(),
            ahead: BTreeSet::new(),
            idle: BTreeSet::new(),
            weight: 0,
            last: 0,
            horizon: None,
        }
    }

    /// Sets the limits, which apply from the next request on.
    pub(crate) fn set_limits(&mut self, limits: &StoreLimits) {
        self.limits = KeyLimits::from(limits);
        let callers = self.callers.iter().filter(|(_, it)| it.len() > 0);
        let shares = callers.map(|(name, it)| position(&self.limits, name, it));
        self.shares = shares.collect();
    }

    /// Restores stored horizons, the one of all callers and those of single callers, before the entries
    /// are [pushed](Self::push) again.
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

    /// Returns a remembered request.
    pub(crate) fn get(&self, caller: &str, key: Uuid) -> Option<&IndexedRequest<A>> {
        let seq = self.callers.get(caller)?.by_key.get(&key)?;
        self.entries.get(seq)
    }

    /// Returns the state at `now` of a request whose response is not remembered.
    pub(crate) fn without_response(&self, caller: &str, key: Uuid, now: u64) -> Lookup {
        if self.get(caller, key).is_some() || self.is_forgotten(caller, key, now) {
            Lookup::Forgotten
        } else if time(key) > now && self.is_over() && self.has_too_many_ahead(caller) {
            Lookup::Ahead
        } else {
            Lookup::Unknown
        }
    }

    /// Returns whether a request with this key may take effect at `now`.
    pub(crate) fn takes(&self, caller: &str, key: Uuid, now: u64) -> bool {
        self.get(caller, key).is_none() && !self.is_forgotten(caller, key, now)
    }

    /// Returns whether a caller uses more than an equal share of the limits, and at least half of its
    /// keys are ahead of the clock.
    fn has_too_many_ahead(&self, caller: &str) -> bool {
        self.callers.get(caller).is_some_and(|own| {
            let share = self.limits.share(own.len(), own.weight);
            own.surplus() < Surplus::Keys && share > self.limits.equal_share(self.shares.len())
        })
    }

    /// Returns whether an entry of this key may have been removed.
    fn is_forgotten(&self, caller: &str, key: Uuid, now: u64) -> bool {
        let own = self.callers.get(caller).and_then(|caller| caller.horizon);
        let mut horizons = [own, self.horizon].into_iter().flatten();
        horizons.any(|horizon| time(key) <= self.limits.horizon_at(horizon, now))
    }

    /// Adds a request that [may take effect](Self::takes), and returns the evicted entries.
    #[must_use = "the removed entries are dropped outside the lock, because that takes time"]
    pub(crate) fn push(&mut self, mut entry: IndexedRequest<A>) -> Vec<Evicted<A>> {
        if let Some((caller, _)) = self.callers.get_key_value(&*entry.caller) {
            entry.caller = Arc::clone(caller);
        }
        if !(entry.at..=entry.at.saturating_add(DISORDER)).contains(&self.last) {
            self.last = entry.at;
        }
        let (now, newest) = (self.last, entry.seq);
        let caller = Arc::clone(&entry.caller);
        self.weight += entry.weight;
        self.update(&caller, |own| {
            own.by_key.insert(entry.key, newest);
            own.weight += entry.weight;
            own.list(entry.listing(), false);
        });
        // An entry of the same weight may take several steps: it is skipped, reduced and removed.
        let mut steps = TRIMMED_AT_ONCE.saturating_add(entry.weight / WEIGHT * 4);
        self.entries.insert(newest, entry);

        let mut evicted = Vec::new();
        self.pass_ahead(now);
        self.trim_caller(&caller, now, newest, &mut evicted);
        self.remove_expired(now, newest, &mut evicted);
        while self.is_over()
            && steps > 0
            && let Some(step) = self.next_step(now, newest)
        {
            steps -= 1;
            match step {
                Step::PassOver(seq) => self.pass_over(seq),
                Step::Reduce(seq) => evicted.extend(self.reduce(seq)),
                Step::Remove(seq) => evicted.extend(self.remove(seq, now)),
            }
        }
        self.fold_horizons(now, &mut evicted);
        evicted
    }

    fn is_over(&self) -> bool {
        self.entries.len() > self.limits.all || self.weight > self.limits.capacity
    }

    /// Returns whether the limits are exceeded by a quarter, the tolerance for keys ahead of the clock.
    fn is_far_over(&self) -> bool {
        let KeyLimits { all, capacity, .. } = self.limits;
        let most = all.saturating_add(all / 4).saturating_add(TRIMMED_AT_ONCE);
        self.entries.len() > most || self.weight > capacity.saturating_add(capacity / 4)
    }

    /// Moves entries that the clock has passed to the ordinary lists, a few at a time.
    fn pass_ahead(&mut self, now: u64) {
        for _ in 0..TRIMMED_AT_ONCE {
            let Some((_, seq)) = self.ahead.first().copied().filter(|it| it.0 <= now) else {
                break;
            };
            self.ahead.pop_first();
            self.relist(seq, false);
        }
    }

    /// Records that an entry is ahead of the clock, so that it is not tried again until the clock has
    /// passed it.
    fn pass_over(&mut self, seq: u64) {
        if let Some(entry) = self.entries.get(&seq) {
            self.ahead.insert((time(entry.key), seq));
            self.relist(seq, true);
        }
    }

    /// Moves an entry between the lists of its caller.
    fn relist(&mut self, seq: u64, is_ahead: bool) {
        let Some(entry) = self.entries.get(&seq) else {
            return;
        };
        let (caller, listing) = (Arc::clone(&entry.caller), entry.listing());
        self.update(&caller, |own| {
            own.unlist(listing);
            own.list(listing, is_ahead);
        });
    }

    /// Applies the limit per caller, and removes keys that were only kept while they were young.
    fn trim_caller(
        &mut self,
        caller: &Arc<str>,
        now: u64,
        newest: u64,
        evicted: &mut Vec<Evicted<A>>,
    ) {
        let Some(own) = self.callers.get(caller) else {
            return;
        };
        // Unauthenticated callers are not one caller.
        let is_over = !caller.is_empty() && own.responses() > self.limits.per_caller;
        if is_over && let Some(seq) = own.oldest_answered(newest) {
            evicted.extend(if self.is_young(seq, now) {
                self.reduce(seq)
            } else {
                self.remove(seq, now)
            });
        }
        // One more than is added, so that the surplus shrinks gradually.
        for _ in 0..2 {
            let oldest = self.callers.get(caller).and_then(|it| it.reduced.first());
            let Some(&seq) = oldest.filter(|seq| !self.is_young(**seq, now)) else {
                break;
            };
            evicted.extend(self.remove(seq, now));
        }
    }

    fn is_young(&self, seq: u64, now: u64) -> bool {
        self.entries.get(&seq).is_some_and(|it| it.is_young(now))
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

    /// Returns the next step while the limits are exceeded: the caller with the largest share loses the
    /// response of its oldest entry, or the entry itself.
    fn next_step(&self, now: u64, newest: u64) -> Option<Step> {
        let removal = |seq: u64| {
            let is_ahead = self.entries.get(&seq).is_some_and(|it| it.is_ahead(now));
            if is_ahead {
                Step::PassOver(seq)
            } else {
                Step::Remove(seq)
            }
        };
        let reduction = |seq: u64| {
            if self.is_young(seq, now) {
                Step::Reduce(seq)
            } else {
                Step::Remove(seq)
            }
        };
        let oldest = |own: &CallerKeys| own.oldest(newest).map(removal);
        let step = if self.weight > self.limits.capacity {
            self.step_of_largest([Surplus::Keys, Surplus::Responses], |surplus, own| {
                let reduced = own.oldest_answered(newest).map(reduction);
                reduced.or_else(|| oldest(own).filter(|_| surplus == Surplus::Keys))
            })
        } else {
            self.step_of_largest([Surplus::Keys], |_, own| oldest(own))
        };
        if step.is_some() || !self.is_far_over() {
            return step;
        }
        self.step_of_largest([Surplus::Responses, Surplus::Nothing], |_, own| {
            let ahead = || own.ahead.first(newest).map(Step::Remove);
            oldest(own).or_else(ahead)
        })
    }

    /// Returns the step for the caller with the largest share, if that is more than an equal share.
    fn step_of_largest<const N: usize>(
        &self,
        surplus: [Surplus; N],
        step: impl Fn(Surplus, &CallerKeys) -> Option<Step>,
    ) -> Option<Step> {
        let equal = self.limits.equal_share(self.shares.len());
        let largest = surplus.into_iter().flat_map(|surplus| {
            let next = match surplus {
                Surplus::Nothing => Surplus::Responses,
                Surplus::Responses => Surplus::Keys,
                Surplus::Keys | Surplus::End => Surplus::End,
            };
            let (from, to) = ((surplus, 0, Arc::default()), (next, 0, Arc::default()));
            // One of them may have only the newest entry.
            self.shares.range(from..to).rev().take(2)
        });
        let steps = largest.filter_map(|(surplus, share, caller)| {
            let own = self.callers.get(caller).filter(|_| *share > equal)?;
            Some((share, step(*surplus, own)?))
        });
        steps.max_by_key(|(share, _)| *share).map(|(_, step)| step)
    }

    /// If there are too many, replaces the oldest horizons of callers without entries by one horizon of
    /// all callers. It affects no young key.
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
        let before = entry.listing();
        entry.weight -= freed;
        let response = entry.response.take();
        let (caller, after) = (Arc::clone(&entry.caller), entry.listing());
        self.weight -= freed;
        self.update(&caller, |own| {
            own.weight -= freed;
            let is_ahead = own.unlist(before);
            own.list(after, is_ahead);
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
        let mut was_ahead = false;
        let horizon = self.callers.get(&entry.caller).and_then(|it| it.horizon);
        // A horizon that rose while the clock was wrong does not fall below the keys it still covers.
        let known = horizon.map(|horizon| self.limits.horizon_at(horizon, now));
        self.update(&entry.caller, |own| {
            was_ahead = own.unlist(entry.listing());
            own.weight -= entry.weight;
            own.by_key.remove(&entry.key);
            own.horizon = known.max(Some(time(entry.key)));
        });
        if was_ahead {
            self.ahead.remove(&(time(entry.key), seq));
        }
        Some(Evicted::Removed(entry))
    }

    /// Changes the state of a caller, and updates the orders of callers.
    fn update(&mut self, caller: &Arc<str>, change: impl FnOnce(&mut CallerKeys)) {
        let own = self.callers.entry(Arc::clone(caller)).or_default();
        if own.len() > 0 {
            self.shares.remove(&position(&self.limits, caller, own));
        } else if let Some(horizon) = own.horizon {
            self.idle.remove(&(horizon, Arc::clone(caller)));
        }
        change(own);
        if own.len() > 0 {
            self.shares.insert(position(&self.limits, caller, own));
        } else if let Some(horizon) = own.horizon {
            self.idle.insert((horizon, Arc::clone(caller)));
        }
    }
}

/// Returns the position of a caller among the [shares](IdempotencyIndex::shares).
fn position(limits: &KeyLimits, caller: &Arc<str>, own: &CallerKeys) -> (Surplus, u128, Arc<str>) {
    let share = limits.share(own.len(), own.weight);
    (own.surplus(), share, Arc::clone(caller))
}

impl IdempotencyIndex<CompletedRequest> {
    pub(crate) fn look_up(&self, caller: &str, key: Uuid, now: u64) -> Lookup {
        match self.get(caller, key).and_then(|it| it.response.as_ref()) {
            Some(completed) => Lookup::Completed(completed.clone()),
            None => self.without_response(caller, key, now),
        }
    }
}
