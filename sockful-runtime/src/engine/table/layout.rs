//! The layout of the dispatch table: hash and displace over FNV-1a, in constant evaluation.

use super::{Action, CORE, CoreAction, ResourceEntry, Route};
use crate::model::definition::{Relation, ResourceDef};

/// The table for `N` routes, with `B` buckets and `S` slots.
#[derive(Debug)]
pub struct Table<const N: usize, const B: usize, const S: usize> {
    pub(super) routes: [Route; N],
    pub(super) seeds: [u16; B],
    pub(super) slots: [u16; S],
}

/// Returns the number of routes of `entries`: the `N` of [`Table`].
///
/// # Panics
///
/// In constant evaluation, if there are more routes than the table can hold.
pub const fn count(entries: &[ResourceEntry]) -> usize {
    let (mut routes, mut at) = (0, 0);
    while at < entries.len() {
        let mut core = 0;
        while core < CORE.len() {
            if entries[at].shape.definition.serves(CORE[core].0) {
                routes += 1;
            }
            core += 1;
        }
        routes += entries[at].remotes.len();
        let (definition, mut parent) = (entries[at].shape.definition, 0);
        while parent < definition.parents.len() {
            let mut relation = 0;
            while relation < Relation::ALL.len() {
                if adds(definition, Relation::ALL[relation]) {
                    routes += 1;
                }
                relation += 1;
            }
            parent += 1;
        }
        at += 1;
    }
    assert!(routes < NO_ROUTE as usize, "more than 65,534 routes");
    routes
}

/// Whether a relation to a parent adds this route: only for actions that the child serves.
const fn adds(child: &ResourceDef, relation: Relation) -> bool {
    matches!(relation, Relation::Parent) || child.serves(relation.core())
}

/// Returns the number of buckets for `routes` routes: the `B` of [`Table`].
pub const fn buckets(routes: usize) -> usize {
    (routes / 2 + 1).next_power_of_two()
}

/// Returns the number of slots for `routes` routes: the `S` of [`Table`].
pub const fn slots(routes: usize) -> usize {
    (routes * 2 + 1).next_power_of_two()
}

const NO_ROUTE: u16 = u16::MAX;

impl<const N: usize, const B: usize, const S: usize> Table<N, B, S> {
    /// Lays out the table, in constant evaluation.
    ///
    /// # Panics
    ///
    /// If no layout is found, which the size of the table makes impossible.
    pub const fn new(entries: &'static [ResourceEntry]) -> Self {
        let routes = Self::routes(entries);
        // Each bucket is a linked list through `next`, starting at `first`.
        let (mut first, mut next, mut sizes) = ([NO_ROUTE; B], [NO_ROUTE; N], [0_u16; B]);
        let (mut at, mut largest) = (0, 0);
        while at < N {
            let bucket = bucket(routes[at].hash, B);
            next[at] = first[bucket];
            first[bucket] = as_u16(at);
            sizes[bucket] += 1;
            if sizes[bucket] > largest {
                largest = sizes[bucket];
            }
            at += 1;
        }
        // The fullest buckets choose their slots first, while most slots are free.
        let mut table = Self {
            routes,
            seeds: [0; B],
            slots: [NO_ROUTE; S],
        };
        let mut size = largest;
        while size > 0 {
            let mut bucket = 0;
            while bucket < B {
                if sizes[bucket] == size {
                    table.place(bucket, first[bucket], &next);
                }
                bucket += 1;
            }
            size -= 1;
        }
        table
    }

    const fn routes(entries: &'static [ResourceEntry]) -> [Route; N] {
        let mut routes = [Route {
            hash: 0,
            resource: 0,
            name: "",
            action: Action::Core(CoreAction::Get),
            traits: Action::Core(CoreAction::Get).traits(),
        }; N];
        let (mut filled, mut at) = (0, 0);
        while at < entries.len() {
            let (definition, remotes) = (entries[at].shape.definition, entries[at].remotes);
            let mut core = 0;
            while core < CORE.len() {
                let (name, action) = (CORE[core].0, Action::Core(CORE[core].1));
                if definition.serves(name) {
                    routes[filled] = Route::new(definition, at, name, action);
                    filled += 1;
                }
                core += 1;
            }
            let mut remote = 0;
            while remote < remotes.len() {
                let (name, action) = (remotes[remote].name, Action::Remote(&remotes[remote]));
                routes[filled] = Route::new(definition, at, name, action);
                (filled, remote) = (filled + 1, remote + 1);
            }
            let (mut parent, mut relation) = (0, 0);
            while parent < definition.parents.len() {
                let (of, which) = (&definition.parents[parent], Relation::ALL[relation]);
                if adds(definition, which) {
                    let action = Action::Relation(which, of);
                    routes[filled] = Route::new(definition, at, of.name(which), action);
                    filled += 1;
                }
                relation += 1;
                if relation == Relation::ALL.len() {
                    (parent, relation) = (parent + 1, 0);
                }
            }
            at += 1;
        }
        routes
    }

    /// Finds a seed that gives every route of a bucket its own slot.
    const fn place(&mut self, bucket: usize, first: u16, next: &[u16; N]) {
        let mut seed = 0;
        while seed < NO_ROUTE {
            if self.take_slots(first, next, seed) {
                self.seeds[bucket] = seed;
                return;
            }
            seed += 1;
        }
        panic!("the dispatch table found no layout; please report the list of resources");
    }

    const fn take_slots(&mut self, first: u16, next: &[u16; N], seed: u16) -> bool {
        let mut at = first;
        while at != NO_ROUTE {
            let hash = self.routes[at as usize].hash;
            let taken = &mut self.slots[slot(hash, seed, S)];
            if *taken == NO_ROUTE {
                *taken = at;
            } else if self.routes[*taken as usize].hash != hash {
                // A collision with another route: release the slots and try the next seed. Two
                // routes with the same name share a slot; `clash` reports them to the user.
                let mut undo = first;
                while undo != at {
                    let slot = slot(self.routes[undo as usize].hash, seed, S);
                    if self.slots[slot] == undo {
                        self.slots[slot] = NO_ROUTE;
                    }
                    undo = next[undo as usize];
                }
                return false;
            }
            at = next[at as usize];
        }
        true
    }
}

impl Route {
    const fn new(definition: &ResourceDef, at: usize, name: &'static str, action: Action) -> Self {
        Self {
            hash: hash(action.resource(definition), name),
            resource: as_u16(at),
            name,
            action,
            traits: action.traits(),
        }
    }
}

pub(super) const fn hash(resource: &str, action: &str) -> u64 {
    let hash = fnv(fnv(0xcbf2_9ce4_8422_2325, resource), "\0");
    let hash = fnv(hash, action);
    // FNV leaves the high bits of short strings similar; one round of mixing spreads them.
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

const fn fnv(mut hash: u64, text: &str) -> u64 {
    let (bytes, mut at) = (text.as_bytes(), 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x100_0000_01b3);
        at += 1;
    }
    hash
}

pub(super) const fn bucket(hash: u64, buckets: usize) -> usize {
    (hash >> 40) as usize & (buckets - 1)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the number of slots is a power of two far below 2^32"
)]
pub(super) const fn slot(hash: u64, seed: u16, slots: usize) -> usize {
    let step = (hash >> 20) | 1;
    hash.wrapping_add(step.wrapping_mul(seed as u64)) as usize & (slots - 1)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`count` has checked that all positions fit"
)]
const fn as_u16(position: usize) -> u16 {
    position as u16
}
