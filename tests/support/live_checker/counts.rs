//! Counts of what a check has seen, and comparison of observed with expected values.

use std::fmt::Debug;
use std::ops::AddAssign;

/// Counts of the frames that a check has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) commits: usize,
    pub(crate) folds: usize,
    pub(crate) resumed: usize,
    pub(crate) initial_results: usize,
    pub(crate) resets: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.commits += other.commits;
        self.folds += other.folds;
        self.resumed += other.resumed;
        self.initial_results += other.initial_results;
        self.resets += other.resets;
    }
}

/// Returns an error if the observed value is not the expected one.
pub(super) fn same<T: PartialEq + Debug>(
    what: &str,
    observed: &T,
    expected: &T,
) -> Result<(), String> {
    if observed == expected {
        return Ok(());
    }
    Err(format!(
        "{what}: observed {observed:?}, expected {expected:?}"
    ))
}
