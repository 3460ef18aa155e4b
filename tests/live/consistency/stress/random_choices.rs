//! Random choices that are reproducible with a seed.

use super::super::{albums, creatures, reviews, songs};
use crate::support::live_checker::LiveQuery;
use serde_json::{Value, json};

const IDS: u64 = 40;
const ALBUMS: [&str; 5] = ["kob", "ms", "bb", "so", "gs"];
const KINDS: [&str; 4] = ["dragon", "cat", "dog", "unicorn"];

/// A pseudorandom number generator (splitmix64).
pub(in super::super) struct Random(u64);

impl Random {
    /// Creates the `nth` of the generators that share a seed.
    pub(in super::super) fn new(seed: u64, nth: u64) -> Self {
        let mut random = Self(seed);
        random.0 ^= nth.wrapping_mul(0xd1b5_4a32_d192_ed03);
        random
    }

    pub(in super::super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn one_of(&mut self, all: &[&'static str]) -> &'static str {
        all[usize::try_from(self.below(all.len() as u64)).expect("the number fits")]
    }

    fn id(&mut self) -> String {
        self.below(IDS).to_string()
    }

    fn kind(&mut self) -> &'static str {
        self.one_of(&KINDS)
    }

    fn album(&mut self) -> &'static str {
        self.one_of(&ALBUMS)
    }

    pub(super) fn query(&mut self) -> LiveQuery {
        let mut query = match self.below(12) {
            0 => creatures(json!({})),
            1 => creatures(json!({"id": self.id()})),
            2 => creatures(json!({"kind": self.kind()})),
            3 => creatures(json!({"life": {"$gt": self.below(20)}})),
            4 => {
                let kinds = [self.kind(), self.kind()];
                creatures(json!({"kind": {"$in": kinds}, "life": {"$lte": self.below(20)}}))
            }
            5 => creatures(json!({"$or": [{"kind": self.kind()}, {"id": self.id()}]})),
            6 => creatures(json!({"$not": {"kind": self.kind()}, "tame": false})),
            7 => albums(json!({})),
            8 => songs(json!({"plays": {"$gte": self.below(5)}})),
            9 => songs(json!({"album_id": self.album()})),
            10 => reviews(json!({"album_id": null})),
            _ => reviews(json!({"album_id": {"$ne": self.album()}})),
        };
        if query.resource == "creature" && self.below(4) == 0 {
            query.select = Some(vec!["id", "life"]);
        }
        if self.below(6) == 0 {
            return self.window(query);
        }
        query
    }

    /// Returns the first records of a query in an order with many ties.
    fn window(&mut self, query: LiveQuery) -> LiveQuery {
        let direction = if self.below(2) == 0 { 1 } else { -1 };
        let sort = match (query.resource, self.below(4)) {
            (_, 0) => json!({"id": direction}),
            ("creature", 1) => json!({"kind": 1, "life": direction}),
            ("creature", _) => json!({"life": direction}),
            ("song", _) => json!({"plays": direction}),
            ("review", _) => json!({"album_id": direction}),
            _ => json!({}),
        };
        let limit = usize::try_from(1 + self.below(8)).expect("the limit is small");
        query.first(sort, limit)
    }

    /// Returns a write that a batch commit may contain.
    pub(super) fn core_write(&mut self) -> Value {
        loop {
            let (resource, action, payload) = self.write();
            if !["feed", "roar", "stir", "playAll"].contains(&action) {
                return json!([resource, action, payload]);
            }
        }
    }

    pub(super) fn write(&mut self) -> (&'static str, &'static str, Value) {
        let id = self.id();
        match self.below(24) {
            0 => ("creature", "destroy", json!({"id": id})),
            1..=6 => {
                let bio = "x".repeat(usize::try_from(self.below(200)).expect("the number fits"));
                let life = self.below(20);
                let creature = json!({"id": id, "kind": self.kind(), "life": life, "bio": bio});
                ("creature", "save", creature)
            }
            7 => (
                "creature",
                "update",
                json!({"id": id, "tame": self.below(2) == 0}),
            ),
            8..=11 => {
                let changed = json!({"id": id, "kind": self.kind(), "life": self.below(20)});
                ("creature", "update", changed)
            }
            12 => ("creature", "feed", json!({"id": id})),
            13 => (
                "creature",
                "roar",
                json!({"id": id, "loudness": self.below(200)}),
            ),
            14 => ("creature", "stir", json!({"id": id})),
            15 => ("album", "destroy", json!({"id": self.album()})),
            16..=17 => ("album", "create", json!({"id": self.album()})),
            18..=19 => ("song", "save", json!({"id": id, "album_id": self.album()})),
            20 => (
                "song",
                "update",
                json!({"id": id, "album_id": self.album()}),
            ),
            21 => ("song", "playAll", json!({"album": self.album()})),
            22 => ("song", "destroy", json!({"id": id})),
            _ => (
                "review",
                "save",
                json!({"id": id, "album_id": self.album()}),
            ),
        }
    }
}
