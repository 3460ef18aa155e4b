//! The requests that took effect, by caller and key.

#[cfg(test)]
mod tests;

use crate::protocol::idempotency_key::{MAX_SKEW, time};
use crate::store::StoreLimits;
use crate::store::idempotency::{CompletedRequest, IdempotencyEntry, Lookup};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// How many expired requests a commit removes: more than it adds, and few enough to be quick.
const EXPIRED_AT_ONCE: usize = 16;

/// How many entries a commit moves, reduces or removes to make room, beside those that its own weight
/// requires: the lock is not held for long if there is much to remove.
const TRIMMED_AT_ONCE: usize = 16;

/// How long a key stays in the index at least, in milliseconds, unless the hard limits are exceeded:
/// the skew that is tolerated, and as long again for the retries of one request.
const YOUNG: u64 = 2 * MAX_SKEW_MILLIS;
const MAX_SKEW_MILLIS: u64 = MAX_SKEW.as_secs() * 1_000;

/// How much later than a commit one with a lower number may have been made, in milliseconds: requests
/// take their time before they wait for their turn.
const DISORDER: u64 = 10_000;

/// The approximate size of an entry without its strings. Nodes of the tree are half empty, and a caller
/// is counted as if it had no other entry.
const WEIGHT: usize =
    2 * size_of::<IndexedRequest<CompletedRequest>>() + size_of::<CallerKeys>() + 64;

/// The approximate size of a horizon whose caller has no entries.
const HORIZON_WEIGHT: usize = 512;

/// The newest requests that took effect: as many as the limits allow, and always the last one.
///
/// An entry that has to go is first reduced to its key: a retry is refused, and no other key is
/// affected. A key is removed only if it is no longer [`YOUNG`]. The removal raises the *horizon* of its
/// caller, the newest time in a removed key: a key with a later time was never removed; a key at or
/// before it may have been, and is reported as forgotten. So a fresh key takes effect although the
/// clocks of clients differ.
///
/// The limits of all callers are shared fairly: the caller with the largest share of them loses its
/// oldest entry, and a caller that has at most an equal share loses none. Callers without an identity
/// are not one caller, so the limit per caller does not apply to them.
///
/// If keys come so fast that young ones exceed the limits, the horizon of the caller with the largest
/// share rises to a younger key. A key ahead of the clock is passed over, because its removal would
/// raise the horizon above the keys that are made now. While the limits are exceeded because of such
/// keys, further ones are [refused](Lookup::Ahead) to the callers that have more than an equal share. The
/// limits are exceeded by a quarter at most: then a caller with more than an equal share loses these
/// keys too.
///
/// `A` is the response.
#[derive(Debug)]
pub(crate) struct IdempotencyIndex<A> {
    limits: KeyLimits,
    callers: HashMap<Arc<str>, CallerKeys>,
    /// By the commits that the requests made: the first is the oldest.
    entries: BTreeMap<u64, IndexedRequest<A>>,
    /// The callers with entries, by what they can lose and their [share](KeyLimits::share) of the limits.
    shares: BTreeSet<(Surplus, u128, Arc<str>)>,
    /// The entries that were ahead of the clock when they should have been removed, by the times in
    /// their keys. Other entries may be ahead of the clock too.
    ahead: BTreeSet<(u64, u64)>,
    /// The callers without entries, by their horizons.
    idle: BTreeSet<(u64, Arc<str>)>,
    weight: usize,
    /// The time of the last request, or of one shortly before it that was later.
    last: u64,
    /// The horizon of all callers: the newest of those that there was no room to keep for each caller.
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

impl KeyLimits {
    /// How much of the limits this many entries use, in a unit that is the same for all callers: the
    /// larger of the shares of `all` and of `capacity`.
    fn share(&self, entries: usize, weight: usize) -> u128 {
        let by_weight = weight as u128 * self.all as u128;
        by_weight.max(entries as u128 * self.capacity as u128)
    }

    /// The share of each caller if there are this many.
    fn equal_share(&self, callers: usize) -> u128 {
        self.all as u128 * self.capacity as u128 / callers.max(1) as u128
    }

    /// Returns what a horizon is worth at `now`.
    ///
    /// If it is further ahead than removed keys can be older than it, the clock was wrong when it rose,
    /// and keys that are young now were made later. Nearer ones are kept: the clock was set back, and
    /// keys that were removed before may come again.
    fn horizon_at(&self, horizon: u64, now: u64) -> u64 {
        if horizon > now.saturating_add(self.retention.max(MAX_SKEW_MILLIS)) {
            now.saturating_sub(YOUNG)
        } else {
            horizon
        }
    }

    /// How many horizons are kept of callers without entries.
    fn horizons(&self) -> usize {
        self.all.min(self.capacity / HORIZON_WEIGHT)
    }
}

/// What a caller can lose, from the least to the most.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Surplus {
    /// Nothing, unless the limits are exceeded by far.
    Nothing,
    /// Responses.
    Responses,
    /// Keys too: more than half of them are not known to be ahead of the clock.
    Keys,
    /// Greater than the others, as the end of a range.
    End,
}

/// One caller's entries, by the commits that they made.
#[derive(Debug, Default)]
struct CallerKeys {
    by_key: HashMap<Uuid, u64>,
    /// Entries with their response.
    answered: BTreeSet<u64>,
    /// Entries without it.
    reduced: BTreeSet<u64>,
    /// Entries that are neither in `answered` nor in `reduced`.
    ahead: AheadKeys,
    weight: usize,
    horizon: Option<u64>,
}

/// One caller's [entries ahead of the clock](IdempotencyIndex::ahead), by the times in their keys.
#[derive(Debug, Default)]
struct AheadKeys {
    answered: BTreeSet<(u64, u64)>,
    reduced: BTreeSet<(u64, u64)>,
}

/// What the lists of a caller depend on.
#[derive(Clone, Copy, Debug)]
struct Listing {
    /// The time in the key.
    time: u64,
    seq: u64,
    has_response: bool,
}

/// The next thing to do to make room.
#[derive(Debug)]
enum Step {
    /// To note that this entry is ahead of the clock.
    PassOver(u64),
    Reduce(u64),
    Remove(u64),
}

impl CallerKeys {
    fn len(&self) -> usize {
        self.by_key.len()
    }

    fn surplus(&self) -> Surplus {
        if self.answered.len() + self.reduced.len() > self.ahead.len() {
            Surplus::Keys
        } else if self.responses() > 0 {
            Surplus::Responses
        } else {
            Surplus::Nothing
        }
    }

    fn responses(&self) -> usize {
        self.answered.len() + self.ahead.answered.len()
    }

    /// The entry other than `newest` that is the first to lose its response.
    fn oldest_answered(&self, newest: u64) -> Option<u64> {
        let own = self.answered.first().copied();
        let ahead = self.ahead.answered.first().map(|(_, seq)| *seq);
        let is_ahead_first = self.ahead.answered.len() > self.answered.len();
        let order = if is_ahead_first {
            [ahead, own]
        } else {
            [own, ahead]
        };
        order.into_iter().flatten().find(|seq| *seq != newest)
    }

    /// The entry other than `newest` that is the first to be removed.
    fn oldest(&self, newest: u64) -> Option<u64> {
        let order = [self.reduced.first(), self.answered.first()];
        let mut order = order.into_iter().flatten().copied();
        order.find(|seq| *seq != newest)
    }

    /// Adds an entry to the list for it.
    fn list(&mut self, entry: Listing, is_ahead: bool) {
        let Listing {
            time,
            seq,
            has_response,
        } = entry;
        match (is_ahead, has_response) {
            (false, true) => self.answered.insert(seq),
            (false, false) => self.reduced.insert(seq),
            (true, true) => self.ahead.answered.insert((time, seq)),
            (true, false) => self.ahead.reduced.insert((time, seq)),
        };
    }

    /// Undoes [`list`](Self::list). Returns whether the entry was ahead.
    fn unlist(&mut self, entry: Listing) -> bool {
        let Listing {
            time,
            seq,
            has_response,
        } = entry;
        let (own, ahead) = if has_response {
            (&mut self.answered, &mut self.ahead.answered)
        } else {
            (&mut self.reduced, &mut self.ahead.reduced)
        };
        !own.remove(&seq) && ahead.remove(&(time, seq))
    }
}

impl AheadKeys {
    fn len(&self) -> usize {
        self.answered.len() + self.reduced.len()
    }

    /// The entry other than `newest` that the clock passes first.
    fn first(&self, newest: u64) -> Option<u64> {
        let firsts = [self.answered.first(), self.reduced.first()];
        let others = firsts.into_iter().flatten().filter(|it| it.1 != newest);
        others.min().map(|(_, seq)| *seq)
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
#[cfg_attr(
    not(feature = "sqlite"),
    expect(dead_code, reason = "only a file removes it as well")
)]
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
        #[cfg_attr(
            feature = "sqlite",
            expect(dead_code, reason = "it is dropped outside of locks")
        )]
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

    fn listing(&self) -> Listing {
        Listing {
            time: time(self.key),
            seq: self.seq,
            has_response: self.response.is_some(),
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
            ahead: BTreeSet::new(),
            idle: BTreeSet::new(),
            weight: 0,
            last: 0,
            horizon: None,
        }
    }

    /// Sets the limits, which hold from the next request on.
    pub(crate) fn set_limits(&mut self, limits: &StoreLimits) {
        self.limits = KeyLimits::from(limits);
        let callers = self.callers.iter().filter(|(_, it)| it.len() > 0);
        let shares = callers.map(|(name, it)| position(&self.limits, name, it));
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
        } else if time(key) > now && self.is_over() && self.has_too_many_ahead(caller) {
            Lookup::Ahead
        } else {
            Lookup::Unknown
        }
    }

    /// Whether a request with this key may take effect at `now`.
    pub(crate) fn takes(&self, caller: &str, key: Uuid, now: u64) -> bool {
        self.get(caller, key).is_none() && !self.is_forgotten(caller, key, now)
    }

    /// Whether a caller has more than an equal share of the limits, and at least half of its keys are
    /// ahead of the clock.
    fn has_too_many_ahead(&self, caller: &str) -> bool {
        self.callers.get(caller).is_some_and(|own| {
            let share = self.limits.share(own.len(), own.weight);
            own.surplus() < Surplus::Keys && share > self.limits.equal_share(self.shares.len())
        })
    }

    /// Whether an entry of this key may have been removed.
    fn is_forgotten(&self, caller: &str, key: Uuid, now: u64) -> bool {
        let own = self.callers.get(caller).and_then(|caller| caller.horizon);
        let mut horizons = [own, self.horizon].into_iter().flatten();
        horizons.any(|horizon| time(key) <= self.limits.horizon_at(horizon, now))
    }

    /// Adds a request that [may take effect](Self::takes), and returns what was removed for it.
    #[must_use = "drop removed entries outside of the lock: that takes time"]
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
        // One of the same weight may take several steps: it is passed over, reduced and removed.
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

    /// Whether the limits are exceeded by a quarter, which is for keys ahead of the clock.
    fn is_far_over(&self) -> bool {
        let KeyLimits { all, capacity, .. } = self.limits;
        let most = all.saturating_add(all / 4).saturating_add(TRIMMED_AT_ONCE);
        self.entries.len() > most || self.weight > capacity.saturating_add(capacity / 4)
    }

    /// Lists entries with the others when the clock has passed them, a few at a time.
    fn pass_ahead(&mut self, now: u64) {
        for _ in 0..TRIMMED_AT_ONCE {
            let Some((_, seq)) = self.ahead.first().copied().filter(|it| it.0 <= now) else {
                break;
            };
            self.ahead.pop_first();
            self.relist(seq, false);
        }
    }

    /// Notes that an entry is ahead of the clock, so that it is not tried again until it is passed.
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

    /// Applies the limit per caller, and removes keys that were kept only while they were young.
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
        // Callers without an identity are not one caller.
        let is_over = !caller.is_empty() && own.responses() > self.limits.per_caller;
        if is_over && let Some(seq) = own.oldest_answered(newest) {
            evicted.extend(if self.is_young(seq, now) {
                self.reduce(seq)
            } else {
                self.remove(seq, now)
            });
        }
        // One more than is added, so that the others go by and by.
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

    /// Returns what to do next while the limits are exceeded: the caller with the largest share loses the
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

    /// Returns the step for the caller with the largest share, if it is more than an equal share.
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
            // One of them may have no entry but the newest.
            self.shares.range(from..to).rev().take(2)
        });
        let steps = largest.filter_map(|(surplus, share, caller)| {
            let own = self.callers.get(caller).filter(|_| *share > equal)?;
            Some((share, step(*surplus, own)?))
        });
        steps.max_by_key(|(share, _)| *share).map(|(_, step)| step)
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
        // One that rose while the clock was wrong does not fall below the keys it was worth.
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

    /// Changes what is known of a caller, and keeps the orders of callers up to date.
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

/// The position of a caller among the [shares](IdempotencyIndex::shares).
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
