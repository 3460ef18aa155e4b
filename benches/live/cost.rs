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

/// The number of connections that the subscriptions are spread over.
const CONNECTIONS: usize = 100;

/// The number of rounds; each number of subscriptions is measured once per round.
const ROUNDS: usize = 15;

/// The number of writes per measurement, and the maximal number of events that they cause.
const WRITES: usize = 2_000;
const EVENTS: usize = 200_000;

/// The time limit of one measurement.
const PATIENCE: Duration = Duration::from_secs(60);

/// The results: microseconds of CPU time for one write.
pub(crate) struct Costs {
    /// Without any subscription.
    alone: f64,
    series: Vec<Series>,
}

impl Costs {
    pub(crate) fn draw(&self) -> String {
        draw(&Plot {
            title: "The cost of one write by the number of subscriptions",
            what: "Both axes are logarithmic. Subscriptions that a write does not match and that require a value add no cost.",
            heading: "The cost of one write for the server",
            measure: "CPU time, µs, by the number of subscriptions",
            across: "subscriptions",
            decades: (0, 4),
            alone: Some(("no subscription", self.alone)),
            series: &self.series,
        })
    }
}

/// The conditions of the subscriptions.
#[derive(Clone, Copy)]
enum Conditions {
    /// A different value each, which no written record has.
    Different,
    /// The same, but the first one matches the written record.
    OneMatches,
    /// A different lower bound each, which no written record exceeds.
    Bounds,
    /// All match the written record.
    Equal,
}

use Conditions::{Bounds, Different, Equal, OneMatches};

const SERIES: [(Conditions, &str, &[usize]); 4] = [
    (
        Different,
        "different values, no match",
        &[100, 1_000, 3_000, 10_000],
    ),
    (
        OneMatches,
        "different values, one match",
        &[100, 1_000, 3_000, 10_000],
    ),
    (
        Bounds,
        "different bounds, no match",
        &[100, 300, 600, 1_000],
    ),
    (
        Equal,
        "all match: one event each",
        &[1, 10, 100, 1_000, 10_000],
    ),
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

    /// The number of subscriptions that match a write.
    fn met_by(self, subscriptions: usize) -> usize {
        match self {
            Different | Bounds => 0,
            OneMatches => subscriptions.min(1),
            Equal => subscriptions,
        }
    }
}

/// Measures all series and prints them as they complete.
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
                // Rotates the order: a measurement after a pause or after a large one is slower.
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

/// A server with subscribers and a writer.
struct Bench {
    served: ServerThread,
    writer: Client,
    /// The number of events received.
    received: Arc<AtomicUsize>,
    /// The number of events per write.
    each: usize,
    life: usize,
}

impl Bench {
    async fn start(conditions: Conditions, subscriptions: usize) -> Result<Self> {
        let served = ServerThread::start(CREATURES, Config::default()).await?;
        let received = Arc::new(AtomicUsize::new(0));
        for first in 0..CONNECTIONS.min(subscriptions) {
            let own = (first..subscriptions).step_by(CONNECTIONS);
            let mut client = Client::connect(served.address).await?;
            let frames = own.clone().map(|nth| {
                let conditions = conditions.write(nth);
                format!(r#"["creature","subscribe",{conditions},{nth}]"#)
            });
            client.send_all(frames).await?;
            // An initial result may be split into several frames; only replies have this member.
            let mut replies = 0;
            while replies < own.len() {
                replies += usize::from(client.next().await?.contains(r#","resume":"#));
            }
            let received = received.clone();
            tokio::spawn(async move {
                while let Ok(frame) = client.next().await {
                    received.fetch_add(usize::from(frame.contains(r#""updated""#)), Relaxed);
                }
            });
        }
        Ok(Self {
            writer: Client::connect(served.address).await?,
            served,
            received,
            each: conditions.met_by(subscriptions),
            life: 0,
        })
    }

    /// Sends writes one after the other and returns the cost of one, in microseconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures of three digits are shown"
    )]
    async fn round(&mut self) -> Result<f64> {
        let writes = (EVENTS / self.each.max(1)).clamp(20, WRITES);
        let before = self.nanos_at_rest().await?;
        let expected = self.received.load(Relaxed) + writes * self.each;
        for _ in 0..writes {
            self.life += 1;
            let life = self.life;
            let update = format!(r#"["creature","update",{{"id":"c500","life":{life}}},1]"#);
            self.writer.ask(update).await?;
        }
        let all_received = async {
            while self.received.load(Relaxed) < expected {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let waited = timeout(PATIENCE, all_received).await;
        waited.map_err(|_| Error::internal("not all events were received"))?;
        let nanos = self.nanos_at_rest().await? - before;
        Ok(nanos as f64 / 1_000.0 / writes as f64)
    }

    /// The CPU time of the server once it is idle.
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
