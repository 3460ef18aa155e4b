//! The tags of commits.

use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// Generates the tags of commits.
///
/// The time is part of a tag: if the memory of a running process is restored from a snapshot, a commit
/// that takes the number of another one gets another tag.
#[derive(Debug)]
pub(crate) struct TagSource {
    seed: u64,
}

impl Default for TagSource {
    fn default() -> Self {
        let seed = RandomState::new().hash_one(());
        Self { seed }
    }
}

impl TagSource {
    /// Returns the tag of commit `seq`.
    pub(crate) fn next(&self, seq: u64) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let nanos = now
            .as_secs()
            .wrapping_mul(1_000_000_000)
            .wrapping_add(now.subsec_nanos().into());
        tag(self.seed, seq, nanos)
    }
}

/// Returns the tag of commit `seq` at this time.
fn tag(seed: u64, seq: u64, nanos: u64) -> u64 {
    mix(seed ^ mix(seq ^ mix(nanos)))
}

/// The last step of `SplitMix64`, which makes each bit of the result depend on all bits of `number`. A
/// tag need not be hard to guess: clients see only proofs that are derived from it with a secret.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tag_of_the_same_number_differs() {
        let all: HashSet<_> = (0..100).map(|nanos| tag(1, 7, nanos)).collect();
        assert_eq!(all.len(), 100);
    }
}
