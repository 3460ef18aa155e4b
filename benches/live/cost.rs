//! The cost of one write, by the number and kind of subscriptions.

use super::client::Client;
use super::median;
use super::plot::{Plot, Series, draw};
use super::server::ServerThread;
use sockful::{Config, Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const CREATURES: usize = 1_000;

/// Over how many connections subscriptions are spread.
const CONNECTIONS: usize = 100;

/// How often each number is measured; all numbers have their turn in each round.
const ROUNDS: usize = 15;

/// How many writes are measured at once, and how many events at most that makes.
const WRITES: usize = 2_000;
const EVENTS: usize = 200_000;

/// How long the server may take for them.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was measured: microseconds of CPU time for one write.
pub(crate) struct Costs {
    /// Without any subscription.
    alone: f64,
    series: Vec<Series>,
}

impl Costs {
    pub(crate) fn draw(&self) -> String {
        draw(&Plot {
            title: "The cost of one write by the number of subscriptions",
            what: "Both axes are logarithmic. Subscriptions that a write does not concern and that ask for a value cost it nothing.",
            heading: "What one write costs the server",
            measure: "CPU time, µs, by the number of subscriptions",
            across: "subscriptions",
            decades: (0, 4),
            alone: Some(("no subscription", self.alone)),
            series: &self.series,
        })
    }
}

/// What subscriptions ask for.
#[derive(Clone, Copy)]
enum Conditions {
    /// Each another value, which no written record has.
    Different,
    /// Likewise, but the first asks for what is written.
    OneMatches,
    /// Each another lower bound, which no written record is over.
    Bounds,
    /// All for what is written.
    Equal,
}

use Conditions::{Bounds, Different, Equal, OneMatches};

const SERIES: [(Conditions, &str, &[usize]); 4] = [
    (
        Different,
        "different values, none met",
        &[100, 1_000, 3_000, 10_000],
    ),
    (
        OneMatches,
        "different values, one met",
        &[100, 1_000, 3_000, 10_000],
    ),
    (
        Bounds,
        "different bounds, none met",
        &[100, 300, 600, 1_000],
    ),
    (Equal, "all met: each is told", &[1, 10, 100, 1_000, 10_000]),
];

impl Conditions {
    fn write(self, nth: usize) -> String {
        match self {
            Equal => r#"{"kind":"dragon"}"#.into(),
            OneMatches if nth == 0 => r#"{"kind":"dragon"}"#.into(),
            Different | OneMatches => format!(r#"{{"kind":"kind-{nth}"}}"#),
            Bounds => format!(r#"{{"life":{{"$gt":{}}}}}"#, 1_000_000 + nth),
        }
    }

    /// How many of so many are told of a write.
    fn met_by(self, subscriptions: usize) -> usize {
        match self {
            Different | Bounds => 0,
            OneMatches => subscriptions.min(1),
            Equal => subscriptions,
        }
    }
}

/// Measures all series, and prints them as they come.
pub(crate) async fn measure() -> Result<Costs> {
    println!("CPU time of the server for one write, µs (medians of {ROUNDS})");
    let mut alone = Vec::new();
    let mut series = Vec::new();
    for (conditions, name, numbers) in SERIES {
        let mut benches = vec![Bench::start(conditions, 0).await?];
        for &number in numbers {
            benches.push(Bench::start(conditions, number).await?);
        }
        let mut measured = vec![Vec::new(); benches.len()];
        // The first round warms up.
        for round in 0..=ROUNDS {
            for turn in 0..benches.len() {
                // Another one begins each round: whoever follows a rest or a large one is slower.
                let at = (round + turn) % benches.len();
                let micros = benches[at].round().await?;
                if round > 0 {
                    measured[at].push(micros);
                }
            }
        }
        let mut measured = measured.into_iter();
        alone.extend(measured.next().into_iter().flatten());
        let costs = measured.map(|mut measured| median(&mut measured));
        let points: Vec<_> = numbers.iter().copied().zip(costs).collect();
        println!("{name}");
        for (number, cost) in &points {
            println!("  {number:>6} {cost:>10.1}");
        }
        series.push(Series {
            name: name.into(),
            points,
        });
    }
    let alone = median(&mut alone);
    println!("no subscription\n  {:>6} {alone:>10.1}", 0);
    Ok(Costs { alone, series })
}

/// A server with subscribers, and somebody who writes.
struct Bench {
    served: ServerThread,
    writer: Client,
    /// How many events have come.
    heard: Arc<AtomicUsize>,
    /// How many each write makes.
    each: usize,
    life: usize,
}

impl Bench {
    async fn start(conditions: Conditions, subscriptions: usize) -> Result<Self> {
        let served = ServerThread::start(CREATURES, Config::default()).await?;
        let heard = Arc::new(AtomicUsize::new(0));
        for first in 0..CONNECTIONS.min(subscriptions) {
            let own = (first..subscriptions).step_by(CONNECTIONS);
            let mut client = Client::connect(served.address).await?;
            let frames = own.clone().map(|nth| {
                let conditions = conditions.write(nth);
                format!(r#"["creature","subscribe",{conditions},{nth}]"#)
            });
            client.send_all(frames).await?;
            // A snapshot may come in pieces, so replies are told by what only they have.
            let mut replies = 0;
            while replies < own.len() {
                replies += usize::from(client.next().await?.contains(r#","resume":"#));
            }
            let heard = heard.clone();
            tokio::spawn(async move {
                while let Ok(frame) = client.next().await {
                    heard.fetch_add(usize::from(frame.contains(r#""updated""#)), Relaxed);
                }
            });
        }
        Ok(Self {
            writer: Client::connect(served.address).await?,
            served,
            heard,
            each: conditions.met_by(subscriptions),
            life: 0,
        })
    }

    /// Writes some, each when the one before is answered; gives what one has cost, in microseconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures of three digits are shown"
    )]
    async fn round(&mut self) -> Result<f64> {
        let writes = (EVENTS / self.each.max(1)).clamp(20, WRITES);
        let before = self.nanos_at_rest().await?;
        let expected = self.heard.load(Relaxed) + writes * self.each;
        for _ in 0..writes {
            self.life += 1;
            let life = self.life;
            let update = format!(r#"["creature","update",{{"id":"c500","life":{life}}},1]"#);
            self.writer.ask(update).await?;
        }
        let all_told = async {
            while self.heard.load(Relaxed) < expected {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let told = timeout(PATIENCE, all_told).await;
        told.map_err(|_| Error::internal("not all subscribers were told"))?;
        let nanos = self.nanos_at_rest().await? - before;
        Ok(nanos as f64 / 1_000.0 / writes as f64)
    }

    /// The CPU time of the server, when it has nothing left to do.
    async fn nanos_at_rest(&self) -> Result<u64> {
        let mut nanos = self.served.nanos()?;
        loop {
            sleep(Duration::from_millis(3)).await;
            let now = self.served.nanos()?;
            if now == nanos {
                return Ok(now);
            }
            nanos = now;
        }
    }
}
