//! The newest commits in memory, up to a capacity.

use crate::store::Expired;
use crate::store::commit::Committed;
use std::collections::VecDeque;
use std::sync::Arc;

/// The newest commits up to the head, without gaps: as many as the capacity allows, and always the last
/// one.
///
/// The stores and the live broker have one each, and drop trimmed commits outside their locks.
#[derive(Debug)]
pub(crate) struct RecentCommits {
    /// Oldest first, each with its weight.
    commits: VecDeque<(Arc<Committed>, usize)>,
    head: u64,
    /// The sum of the weights, in bytes.
    weight: usize,
    capacity: usize,
}

impl RecentCommits {
    /// Creates an empty list before the first commit, with an approximate `capacity` in bytes.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            commits: VecDeque::new(),
            head: 0,
            weight: 0,
            capacity,
        }
    }

    /// Sets the capacity, which applies from the next commit on.
    pub(crate) fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity;
    }

    /// Removes all commits, and continues after commit `head`.
    pub(crate) fn restart(&mut self, head: u64) {
        *self = Self {
            head,
            ..Self::new(self.capacity)
        };
    }

    /// Returns the number of the newest commit.
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// Appends the next commit, and moves those that no longer fit to `trimmed`.
    pub(crate) fn push(&mut self, committed: Arc<Committed>, trimmed: &mut Vec<Arc<Committed>>) {
        let weight = size_of::<(Arc<Committed>, usize)>() + committed.weight();
        self.head = committed.seq;
        self.weight += weight;
        self.commits.push_back((committed, weight));
        while self.weight > self.capacity && self.commits.len() > 1 {
            if let Some((oldest, weight)) = self.commits.pop_front() {
                self.weight -= weight;
                trimmed.push(oldest);
            }
        }
    }

    /// Returns the commit with this number, unless it was trimmed.
    pub(crate) fn get(&self, seq: u64) -> Option<&Arc<Committed>> {
        let at = self.position_after(seq.checked_sub(1)?)?;
        self.commits.get(at).map(|(committed, _)| committed)
    }

    /// Returns at most `max` of the commits after number `seq`, oldest first.
    ///
    /// # Errors
    ///
    /// [`Expired`] if the first of them was trimmed, or if `seq` is beyond the head.
    pub(crate) fn after(&self, seq: u64, max: usize) -> Result<Vec<Arc<Committed>>, Expired> {
        let first = self.position_after(seq).ok_or(Expired)?;
        let commits = self.commits.range(first..).take(max);
        Ok(commits.map(|(committed, _)| committed.clone()).collect())
    }

    /// Returns the position of the commit after number `seq`. Numbers are dense, so the distance from
    /// the head gives the position.
    fn position_after(&self, seq: u64) -> Option<usize> {
        let distance = usize::try_from(self.head.checked_sub(seq)?).ok()?;
        self.commits.len().checked_sub(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(recent: &mut RecentCommits, seqs: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut trimmed = Vec::new();
        for seq in seqs {
            let committed = Committed::new(seq, 0, Vec::new(), Vec::new());
            recent.push(Arc::new(committed), &mut trimmed);
        }
        trimmed.iter().map(|committed| committed.seq).collect()
    }

    fn after(recent: &RecentCommits, seq: u64) -> Option<Vec<u64>> {
        let commits = recent.after(seq, 2).ok()?;
        Some(commits.iter().map(|committed| committed.seq).collect())
    }

    #[test]
    fn push_trims_the_oldest_and_keeps_the_last() {
        let mut recent = RecentCommits::new(0);
        assert_eq!(pushed(&mut recent, 1..=3), [1, 2]);
        assert_eq!(recent.get(3).map(|committed| committed.seq), Some(3));
        assert!(recent.get(2).is_none() && recent.get(4).is_none() && recent.get(0).is_none());
    }

    #[test]
    fn restart_keeps_only_new_commits() {
        let mut recent = RecentCommits::new(usize::MAX);
        assert!(pushed(&mut recent, 1..=4).is_empty());
        assert_eq!(after(&recent, 1), Some(vec![2, 3]));
        assert_eq!(after(&recent, 4), Some(Vec::new()));
        assert_eq!(after(&recent, 5), None);
        recent.restart(7);
        assert_eq!((recent.head(), after(&recent, 7)), (7, Some(Vec::new())));
        assert!(pushed(&mut recent, [8]).is_empty());
        assert_eq!(after(&recent, 7), Some(vec![8]));
        assert_eq!(after(&recent, 6), None);
    }
}
