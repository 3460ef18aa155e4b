//! The ways to kill a server.

use crate::disk;
use crate::random::Random;
use crate::server_process::Setup;
use sockful::Result;
use std::fmt;
use std::time::Duration;
use tokio::time::sleep;

/// How long to wait for a crash point before the server is killed anyway, in milliseconds.
const PATIENCE: u64 = 1_500;

/// The crash points that `disk.c` knows, the maximal number of times each is passed before, and the share
/// of rounds out of twenty.
const MOMENTS: [(&str, u64, u64); 7] = [
    ("write", 600, 3),
    ("sync", 30, 2),
    ("synced", 30, 2),
    ("answer", 30, 2),
    ("checkpoint", 60, 2),
    ("checkpointed", 2, 1),
    ("restart", 2, 1),
];
/// The disk failures, and the share of rounds out of twenty.
const FAULTS: [(&str, u64); 2] = [("full", 1), ("syncs", 2)];
/// The share of rounds with two crashes, and the maximal number of socket writes before the second.
const TWICE: u64 = 2;
const SAID: u64 = 80;
const OF: u64 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// At a random time.
    Killed,
    /// At a crash point.
    At(&'static str),
    /// While its disk fails, or afterwards.
    Failing(&'static str),
    /// Before a sync; then the restarted server after it has sent data that it found, with a power loss.
    Twice,
}

/// How one server is killed, and whether the power is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Crash {
    kind: Kind,
    pub(crate) is_power_lost: bool,
}

impl Crash {
    /// Picks a crash at random. Without the simulated disk servers are only killed.
    pub(crate) fn draw(random: &mut Random, has_disk: bool) -> Self {
        if !has_disk {
            return Self {
                kind: Kind::Killed,
                is_power_lost: false,
            };
        }
        let mut drawn = random.within(0..OF);
        let mut is_drawn = |of: u64| {
            let is_drawn = drawn < of;
            if !is_drawn {
                drawn -= of;
            }
            is_drawn
        };
        let moment = MOMENTS.iter().find(|it| is_drawn(it.2));
        let kind = match moment {
            Some(moment) => Kind::At(moment.0),
            None => match FAULTS.iter().find(|it| is_drawn(it.1)) {
                Some(fault) => Kind::Failing(fault.0),
                None if is_drawn(TWICE) => Kind::Twice,
                None => Kind::Killed,
            },
        };
        Self {
            kind,
            is_power_lost: kind == Kind::Twice || random.one_in(2),
        }
    }

    /// The crash point, for `disk.c`.
    fn moment(self, random: &mut Random) -> Option<String> {
        let name = match self.kind {
            Kind::At(name) => name,
            Kind::Twice => "sync",
            Kind::Killed | Kind::Failing(_) => return None,
        };
        let moment = MOMENTS.iter().find(|it| it.0 == name)?;
        Some(format!("{name}:{}", random.within(1..moment.1 + 1)))
    }

    /// Starts a server and kills it. Returns whether the crash point was reached.
    pub(crate) async fn run(self, setup: &Setup, random: &mut Random) -> Result<bool> {
        let millis = |random: &mut Random, most| Duration::from_millis(random.within(0..most));
        let moment = self.moment(random);
        let mut process = setup.start(moment.as_deref())?;
        let patience = Duration::from_millis(PATIENCE);
        let came = match self.kind {
            Kind::Killed => {
                sleep(millis(random, 500)).await;
                !process.was_killed()?
            }
            Kind::At(_) => process.is_killed(patience).await?,
            Kind::Failing(how) => {
                sleep(millis(random, 400)).await;
                disk::fail(&setup.file, how)?;
                sleep(millis(random, 200)).await;
                if random.one_in(2) {
                    disk::heal(&setup.file)?;
                    sleep(millis(random, 100)).await;
                }
                !process.has_refused()?
            }
            Kind::Twice => {
                process.is_killed(patience).await?;
                // Only one process can open the file.
                drop(process);
                let moment = format!("say:{}", random.within(1..SAID));
                process = setup.start(Some(&moment))?;
                process.is_killed(patience).await?
            }
        };
        drop(process);
        disk::heal(&setup.file)?;
        if self.is_power_lost {
            disk::lose_power(&setup.file, random)?;
        }
        Ok(came)
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Killed => f.write_str("killed at random")?,
            Kind::At(moment) => write!(f, "at `{moment}`")?,
            Kind::Failing(how) => write!(f, "disk failure `{how}`")?,
            Kind::Twice => f.write_str("at `sync`, then at `say`")?,
        }
        f.write_str(if self.is_power_lost {
            ", power lost"
        } else {
            ""
        })
    }
}
