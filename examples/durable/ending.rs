//! How a server ends.

use crate::disk;
use crate::process::Place;
use crate::random::Random;
use sockful::Result;
use std::fmt;
use std::time::Duration;
use tokio::time::sleep;

/// How long it waits for a moment before the server is killed anyway, in milliseconds.
const PATIENCE: u64 = 1_500;

/// The moments that `disk.c` knows, with how often they may pass before, and of twenty servers how many
/// end so.
const MOMENTS: [(&str, u64, u64); 7] = [
    ("write", 600, 3),
    ("sync", 30, 2),
    ("synced", 30, 2),
    ("answer", 30, 2),
    ("checkpoint", 60, 2),
    ("checkpointed", 2, 1),
    ("anew", 2, 1),
];
/// The ways in which it fails, likewise.
const FAULTS: [(&str, u64); 2] = [("full", 1), ("syncs", 2)];
/// How many end twice, and how often something is said before the second time.
const TWICE: u64 = 2;
const SAID: u64 = 80;
const OF: u64 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// At any time.
    Killed,
    /// By itself, at a moment.
    At(&'static str),
    /// While its disk fails, or after that.
    Failing(&'static str),
    /// Before a sync, and the next one when it has said something of what it has found, and the power
    /// with it.
    Twice,
}

/// How one server ends, and whether the machine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ending {
    kind: Kind,
    pub(crate) is_power_lost: bool,
}

impl Ending {
    /// At random. Without a disk of ours servers are killed only.
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

    /// The moment at which it ends by itself.
    fn moment(self, random: &mut Random) -> Option<String> {
        let name = match self.kind {
            Kind::At(name) => name,
            Kind::Twice => "sync",
            Kind::Killed | Kind::Failing(_) => return None,
        };
        let moment = MOMENTS.iter().find(|it| it.0 == name)?;
        Some(format!("{name}:{}", random.within(1..moment.1 + 1)))
    }

    /// Starts a server and ends it; says whether the moment came.
    pub(crate) async fn bring_about(self, place: &Place, random: &mut Random) -> Result<bool> {
        let millis = |random: &mut Random, most| Duration::from_millis(random.within(0..most));
        let moment = self.moment(random);
        let mut process = place.start(moment.as_deref())?;
        let patience = Duration::from_millis(PATIENCE);
        let came = match self.kind {
            Kind::Killed => {
                sleep(millis(random, 500)).await;
                !process.was_killed()?
            }
            Kind::At(_) => process.is_killed(patience).await?,
            Kind::Failing(how) => {
                sleep(millis(random, 400)).await;
                disk::fail(&place.file, how)?;
                sleep(millis(random, 200)).await;
                if random.one_in(2) {
                    disk::heal(&place.file)?;
                    sleep(millis(random, 100)).await;
                }
                !process.has_refused()?
            }
            Kind::Twice => {
                process.is_killed(patience).await?;
                // Two can't have the file.
                drop(process);
                let moment = format!("say:{}", random.within(1..SAID));
                process = place.start(Some(&moment))?;
                process.is_killed(patience).await?
            }
        };
        drop(process);
        disk::heal(&place.file)?;
        if self.is_power_lost {
            disk::lose_power(&place.file, random)?;
        }
        Ok(came)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Killed => f.write_str("killed at any time")?,
            Kind::At(moment) => write!(f, "at `{moment}`")?,
            Kind::Failing(how) => write!(f, "failing, `{how}`")?,
            Kind::Twice => f.write_str("at `sync`, then at `say`")?,
        }
        f.write_str(if self.is_power_lost {
            ", power lost"
        } else {
            ""
        })
    }
}
