//! A subscriber that stops reading: what it costs the server, what it costs others, and what it
//! knows when it reads again.

use super::client::Client;
use super::server::ServerThread;
use serde::Deserialize;
use serde_json::value::RawValue;
use sockful::store::{Query, QueryFilter};
use sockful::{Config, Error, Result};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const CREATURES: usize = 10_000;

/// The number of updates that fill the log and the ring, which are bounded in bytes, before measuring.
const WARM_UP: usize = 300_000;

/// The number of updates while the subscriber does not read; `FEW` are few enough for the log to contain
/// all of them, but more than the buffers of the system hold.
const UPDATES: usize = 1_000_000;
const FEW: usize = 50_000;

/// The number of updates in flight.
const DEPTH: usize = 32;

/// The number of rounds with and without a stalled subscriber, and of latencies in each.
const ROUNDS: usize = 20;
const WRITES: usize = 1_000;

pub(crate) async fn measure() -> Result<()> {
    let mut side = Side::start().await?;
    side.update(WARM_UP).await?;
    if side.served.server.store().log(0, 1).await.is_ok() {
        return Err(Error::internal("the log is not full yet"));
    }
    println!("memory of the process over {UPDATES} updates of {CREATURES} records, KiB");
    for _ in 0..2 {
        println!("  without: {:+}", side.growth(UPDATES).await?);
        let mut stopped = Replica::begin(&side.served).await?;
        println!("  with a stalled one: {:+}", side.growth(UPDATES).await?);
        stopped.catch_up(&side.served).await?;
    }
    println!("after {FEW} updates");
    let mut stopped = Replica::begin(&side.served).await?;
    side.update(FEW).await?;
    stopped.catch_up(&side.served).await?;
    drop(stopped);

    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        side.update(FEW).await?;
        side.latencies(&mut without).await?;
        let stopped = Replica::begin(&side.served).await?;
        side.update(FEW).await?;
        side.latencies(&mut with).await?;
        drop(stopped);
    }
    let count = with.len();
    println!("from a write to the event at another subscriber, µs (of {count} each, in turn)");
    for (percent, name) in [(50, "p50"), (99, "p99")] {
        let without = percentile(&mut without, percent);
        let with = percentile(&mut with, percent);
        let times = with / without;
        println!(
            "  {name}: {without:.1} without, {with:.1} with a stalled subscriber: {times:.2} ×"
        );
    }
    Ok(())
}

/// A server, a writer, and a subscriber that keeps up.
struct Side {
    served: ServerThread,
    writer: Client,
    reader: Client,
    written: usize,
    /// The number of the newest commit.
    head: u64,
}

impl Side {
    async fn start() -> Result<Self> {
        // The server would close a peer that neither reads nor answers pings after a minute.
        let mut config = Config::default();
        config.connection.write_timeout = Duration::from_secs(24 * 60 * 60);
        config.connection.ping_interval = config.connection.write_timeout;
        let served = ServerThread::start(CREATURES, config).await?;
        let mut reader = Client::connect(served.address).await?;
        let all = r#"["creature","subscribe",{"$select":["id","life"]},1]"#;
        reader.send(all.into()).await?;
        while seq(&reader.next().await?)?.1 {}
        Ok(Self {
            writer: Client::connect(served.address).await?,
            reader,
            written: 0,
            head: served.server.store().head().await?,
            served,
        })
    }

    /// Updates records in turn, each to a new value, and waits until the reader has received the events.
    async fn update(&mut self, count: usize) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let some = left.min(DEPTH);
            let first = self.written;
            let frames = (first..first + some).map(|nth| {
                let (id, life) = (nth % CREATURES, nth + 1);
                format!(r#"["creature","update",{{"id":"c{id}","life":{life}}},1]"#)
            });
            self.writer.send_all(frames).await?;
            for _ in 0..some {
                self.writer.next().await?;
            }
            self.written += some;
            self.head += some as u64;
            while seq(&self.reader.next().await?)?.0 < self.head {}
            left -= some;
        }
        Ok(())
    }

    /// The growth of the process over this number of updates, in KiB.
    async fn growth(&mut self, updates: usize) -> Result<i64> {
        let before = resident()?;
        self.update(updates).await?;
        Ok(resident()? - before)
    }

    /// The time from a write to its event, in microseconds.
    async fn latencies(&mut self, micros: &mut Vec<f64>) -> Result<()> {
        for _ in 0..WRITES {
            let (id, life) = (self.written % CREATURES, self.written + 1);
            let update = format!(r#"["creature","update",{{"id":"c{id}","life":{life}}},1]"#);
            let start = Instant::now();
            self.writer.send(update).await?;
            self.head += 1;
            while seq(&self.reader.next().await?)?.0 < self.head {}
            micros.push(start.elapsed().as_secs_f64() * 1e6);
            self.writer.next().await?;
            self.written += 1;
        }
        Ok(())
    }
}

/// The records of a subscriber, assembled from its frames.
struct Replica {
    client: Client,
    records: HashMap<String, String>,
    seq: u64,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    ok: Option<Listed<'a>>,
    #[serde(borrow)]
    records: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    record: Option<&'a RawValue>,
    id: Option<String>,
    seq: u64,
    #[serde(default)]
    more: bool,
    #[serde(default)]
    folded: bool,
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    records: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

impl Replica {
    /// Reads the initial result, and then nothing more.
    async fn begin(served: &ServerThread) -> Result<Self> {
        let mut replica = Self {
            client: Client::connect_narrow(served.address).await?,
            records: HashMap::new(),
            seq: 0,
        };
        let all = r#"["creature","subscribe",{},1]"#;
        replica.client.send(all.into()).await?;
        while replica.take().await?.more {}
        Ok(replica)
    }

    /// Reads until it has received everything, and compares its records with the store.
    async fn catch_up(&mut self, served: &ServerThread) -> Result<()> {
        let head = served.server.store().head().await?;
        let (start, mut kinds) = (Instant::now(), HashMap::<&str, usize>::new());
        while self.seq < head {
            *kinds.entry(self.take().await?.how).or_default() += 1;
        }
        let took = start.elapsed().as_secs_f64() * 1e3;
        let all = Query {
            filter: QueryFilter::All,
            order: Vec::new(),
            limit: CREATURES + 1,
            skip: 0,
            after: None,
            max_bytes: usize::MAX,
        };
        let found = served.server.store().find(0, all).await?;
        let records = &found.value.records;
        let is_equal = records.len() == self.records.len()
            && records.iter().all(|record| {
                let known = self.records.get(record.id());
                known.is_some_and(|known| known == record.sent())
            });
        let verdict = if is_equal {
            "records correct"
        } else {
            "RECORDS WRONG"
        };
        println!("  caught up, {verdict}, after {took:.0} ms; frames by kind: {kinds:?}");
        Ok(())
    }

    /// Handles the next frame.
    async fn take(&mut self) -> Result<Taken> {
        let frame = self.client.next().await?;
        let (_, action, payload, _): (&str, &str, Payload<'_>, u64) =
            serde_json::from_str(&frame).map_err(Error::internal)?;
        let (mut how, more) = (
            if payload.folded { "folded" } else { "single" },
            payload.more,
        );
        if action == "reset" {
            self.records.clear();
        }
        let listed = payload.ok.map(|ok| ok.records).or(payload.records);
        for record in listed.into_iter().flatten() {
            how = "records";
            let Identified { id } = serde_json::from_str(record.get()).map_err(Error::internal)?;
            self.records.insert(id, record.get().to_owned());
        }
        if let (Some(id), Some(record)) = (payload.id, payload.record) {
            self.records.insert(id, record.get().to_owned());
        }
        if !more {
            self.seq = payload.seq;
        }
        Ok(Taken { how, more })
    }
}

struct Taken {
    how: &'static str,
    more: bool,
}

/// The commit of a frame, and whether more frames of it follow.
fn seq(frame: &str) -> Result<(u64, bool)> {
    #[derive(Deserialize)]
    struct Place {
        seq: u64,
        #[serde(default)]
        more: bool,
    }
    let (_, _, Place { seq, more }, _): (&str, &str, _, u64) =
        serde_json::from_str(frame).map_err(Error::internal)?;
    Ok((seq, more))
}

/// The resident memory of the process, in KiB.
fn resident() -> Result<i64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| Error::internal("the memory of the process is unknown"))
}

fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}
