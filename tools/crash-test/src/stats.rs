//! The number of rounds by kind of crash, and the work done meanwhile.

use crate::crash::Crash;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{AddAssign, Sub};

/// Totals at one point in time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) acknowledged: u64,
    pub(crate) commits: u64,
    pub(crate) events: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Stats(BTreeMap<Crash, Row>);

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    servers: u64,
    /// The number of servers that reached the crash point.
    reached: u64,
    count: Count,
}

impl Stats {
    pub(crate) fn add(&mut self, crash: Crash, reached: bool, count: Count) {
        let row = Row {
            servers: 1,
            reached: reached.into(),
            count,
        };
        *self.0.entry(crash).or_default() += row;
    }
}

impl AddAssign for Row {
    fn add_assign(&mut self, other: Self) {
        self.servers += other.servers;
        self.reached += other.reached;
        self.count.acknowledged += other.count.acknowledged;
        self.count.commits += other.count.commits;
        self.count.events += other.count.events;
    }
}

impl Sub for Count {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            acknowledged: self.acknowledged - before.acknowledged,
            commits: self.commits - before.commits,
            events: self.events - before.events,
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["servers", "reached", "acknowledged", "commits", "events"];
        write!(f, "{:32}", "")?;
        head.iter().try_for_each(|word| write!(f, "{word:>13}"))?;
        let mut all = Row::default();
        let rows = self.0.iter().map(|(crash, row)| (crash.to_string(), row));
        for (crash, row) in rows.inspect(|it| all += *it.1) {
            write!(f, "\n{crash:32}{row}")?;
        }
        write!(f, "\n{:32}{all}", "all")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count {
            acknowledged,
            commits,
            events,
        } = self.count;
        let numbers = [self.servers, self.reached, acknowledged, commits, events];
        numbers.iter().try_for_each(|it| write!(f, "{it:>13}"))
    }
}
