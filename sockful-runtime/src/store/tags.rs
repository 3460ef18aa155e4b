//! The tags of commits.

use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// Makes the tags of commits.
///
/// The time is part of them: if the memory of a running process is restored from a snapshot, a commit
/// that takes the number of another one gets another tag.
#[derive(Debug, Default)]
pub(crate) struct TagSource(RandomState);

impl TagSource {
    /// The tag of commit `seq`.
    pub(crate) fn next(&self, seq: u64) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.0.hash_one((seq, now.unwrap_or_default().as_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tag_of_the_same_number_differs() {
        let tags = TagSource::default();
        let all: HashSet<_> = (0..100).map(|_| tags.next(7)).collect();
        assert!(all.len() > 90);
    }
}
