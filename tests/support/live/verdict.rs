//! What is found: a fault, or how much of what there was.

use std::fmt::Debug;
use std::ops::AddAssign;

/// How much of what came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) commits: usize,
    pub(crate) folds: usize,
    pub(crate) resumed: usize,
    pub(crate) afresh: usize,
    pub(crate) resets: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.commits += other.commits;
        self.folds += other.folds;
        self.resumed += other.resumed;
        self.afresh += other.afresh;
        self.resets += other.resets;
    }
}

/// Finds a fault where what was told is not what must be.
pub(super) fn same<T: PartialEq + Debug>(what: &str, told: &T, expected: &T) -> Result<(), String> {
    if told == expected {
        return Ok(());
    }
    Err(format!("{what}: told {told:?}, expected {expected:?}"))
}
