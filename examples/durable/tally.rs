//! How many servers have ended how, and what was done meanwhile.

use crate::ending::Ending;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{AddAssign, Sub};

/// What was done up to some time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) acknowledged: u64,
    pub(crate) commits: u64,
    pub(crate) told: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<Ending, Row>);

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    servers: u64,
    /// How many of them came to the moment.
    came: u64,
    count: Count,
}

impl Tally {
    pub(crate) fn add(&mut self, ending: Ending, came: bool, count: Count) {
        let row = Row {
            servers: 1,
            came: came.into(),
            count,
        };
        *self.0.entry(ending).or_default() += row;
    }
}

impl AddAssign for Row {
    fn add_assign(&mut self, other: Self) {
        self.servers += other.servers;
        self.came += other.came;
        self.count.acknowledged += other.count.acknowledged;
        self.count.commits += other.count.commits;
        self.count.told += other.count.told;
    }
}

impl Sub for Count {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            acknowledged: self.acknowledged - before.acknowledged,
            commits: self.commits - before.commits,
            told: self.told - before.told,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["servers", "came", "acknowledged", "commits", "told"];
        write!(f, "{:32}", "")?;
        head.iter().try_for_each(|word| write!(f, "{word:>13}"))?;
        let mut all = Row::default();
        let rows = self.0.iter().map(|(ending, row)| (ending.to_string(), row));
        for (ending, row) in rows.inspect(|it| all += *it.1) {
            write!(f, "\n{ending:32}{row}")?;
        }
        write!(f, "\n{:32}{all}", "all")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count {
            acknowledged,
            commits,
            told,
        } = self.count;
        let numbers = [self.servers, self.came, acknowledged, commits, told];
        numbers.iter().try_for_each(|it| write!(f, "{it:>13}"))
    }
}
