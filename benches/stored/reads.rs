//! Requests with a growing number of records, in a file and in memory.

use super::RECORDS_PER_KIND;
use super::client::Client;
use super::remove;
use super::scaling::{Line, Scaling};
use super::server::{MEMORY, ServerProcess};
use sockful::Result;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub(crate) const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// The number of rounds; everything is measured once per round.
pub(crate) const ROUNDS: usize = 15;

/// The request that is measured.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Ask {
    /// Gets a record by its id.
    Get,
    /// Finds the 20 records of a kind, which are spread over the table.
    Find,
    /// Finds the 20 records from a level on, in its order.
    Range,
    /// Creates a record, which is destroyed after the turn.
    Create,
}

use Ask::{Create, Find, Get, Range as Above};

/// The measurements: request, number in flight, and number per turn.
pub(crate) const ASKED: [(Ask, usize, usize); 7] = [
    (Get, 64, 3_000),
    (Get, 1, 500),
    (Find, 64, 1_000),
    (Find, 1, 200),
    (Above, 64, 1_000),
    (Above, 1, 200),
    (Create, 64, 512),
];

impl Ask {
    fn write(self, chance: usize, nth: usize, of: usize) -> String {
        match self {
            Get => format!(r#"["creature","get",{{"id":"c{}"}},1]"#, chance % of),
            Find => {
                let kind = chance % (of / RECORDS_PER_KIND);
                format!(r#"["creature","find",{{"kind":"kind-{kind}","$limit":20}},1]"#)
            }
            Above => {
                let level = chance % (of - RECORDS_PER_KIND);
                format!(
                    r#"["creature","find",{{"level":{{"$gte":{level}}},"$sort":{{"level":1}},"$limit":20}},1]"#
                )
            }
            Create => {
                let (kind, level) = (chance % (of / RECORDS_PER_KIND), chance % of);
                format!(
                    r#"["creature","create",{{"id":"w{nth}","name":"Creature {nth}","kind":"kind-{kind}","level":{level},"hp":100,"bio":"A quiet beast of the northern hills that sleeps under old stones."}},1]"#
                )
            }
        }
    }
}

/// The cost of one request, in microseconds.
#[derive(Clone, Copy)]
pub(crate) struct Taken {
    /// Wall-clock time: that of the turn divided by the number of requests.
    pub(crate) clock: f64,
    /// CPU time of the server.
    pub(crate) cpu: f64,
}

/// A server with this number of records.
struct Bench {
    served: ServerProcess,
    client: Client,
    size: usize,
    chance: u64,
    made: usize,
    file: Option<PathBuf>,
}

/// Measures and prints everything.
pub(crate) async fn measure(folder: &Path) -> Result<Scaling> {
    let mut benches = Vec::new();
    for size in SIZES {
        let file = folder.join(format!("{size}.db"));
        remove(&file);
        for file in [Some(file), None] {
            eprintln!("making {size} records in {file:?}");
            benches.push(Bench::start(size, file).await?);
        }
    }
    let mut lines = Vec::new();
    for (ask, in_flight, times) in ASKED {
        let mut taken = vec![Vec::new(); benches.len()];
        // The first round warms up.
        for round in 0..=ROUNDS {
            for turn in 0..benches.len() {
                // Rotates the order: a measurement after a pause or after a large one is slower.
                let at = (round + turn) % benches.len();
                let measured = benches[at].turn(ask, in_flight, times).await?;
                if round > 0 {
                    taken[at].push(measured);
                }
            }
        }
        lines.push(Line::new(ask, in_flight, &taken));
    }
    let growth = Scaling(lines);
    growth.print();
    Ok(growth)
}

impl Bench {
    async fn start(size: usize, file: Option<PathBuf>) -> Result<Self> {
        let store = file.as_ref().map(|file| file.to_string_lossy());
        let served = ServerProcess::start(store.as_deref().unwrap_or(MEMORY), size)?;
        Ok(Self {
            client: Client::connect(served.address).await?,
            served,
            size,
            chance: 1,
            made: 0,
            file,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    async fn turn(&mut self, ask: Ask, in_flight: usize, times: usize) -> Result<Taken> {
        let own = self.made..self.made + times;
        self.made = own.end;
        let frames: Vec<_> = own
            .clone()
            .map(|nth| {
                // Knuth's linear congruential generator; its upper bits are random enough here.
                self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005);
                self.chance = self.chance.wrapping_add(1_442_695_040_888_963_407);
                let chance = usize::try_from(self.chance >> 33).unwrap_or(0);
                ask.write(chance, nth, self.size)
            })
            .collect();
        let nanos = self.served.nanos()?;
        let begun = Instant::now();
        self.client.ask_all(frames, in_flight).await?;
        let clock = begun.elapsed().as_secs_f64() * 1e6;
        let cpu = (self.served.nanos()? - nanos) as f64 / 1_000.0;
        if ask == Create {
            self.destroy(own).await?;
        }
        let times = times as f64;
        Ok(Taken {
            clock: clock / times,
            cpu: cpu / times,
        })
    }

    /// Destroys the created records.
    async fn destroy(&mut self, own: Range<usize>) -> Result<()> {
        let frame = |nth| format!(r#"["creature","destroy",{{"id":"w{nth}"}},1]"#);
        self.client.ask_all(own.map(frame), 64).await.map(drop)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            // The server may still write for a moment, to the unlinked file.
            remove(file);
        }
    }
}
