//! Creates records over many connections, beside the same inserts without a server.

use super::client::Client;
use super::rusqlite_baseline::RusqliteBaseline;
use super::server::ServerProcess;
use super::{disk, median, remove};
use sockful::{Error, Result};
use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 15;
/// The duration of one turn in a round.
const TURN: Duration = Duration::from_secs(2);

/// What creates the records.
const NAMES: [&str; 3] = [
    "sockful, 64 connections",
    "rusqlite alone, 1 thread",
    "rusqlite alone, 64 threads",
];

pub(crate) async fn measure(folder: &Path) -> Result<()> {
    let synced = disk::sync_time(folder)?;
    println!("16 KiB and `fdatasync`: {synced:.0} µs (median of 1,000)\n");
    let (ours, theirs) = (folder.join("creates.db"), folder.join("alone.db"));
    remove(&ours);
    let served = ServerProcess::start(&ours.to_string_lossy(), 0)?;
    let alone = RusqliteBaseline::new(theirs.clone())?;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client::connect(served.address).await?);
    }
    let next = Cell::new(0);
    let mut rates = [const { Vec::new() }; NAMES.len()];
    // The first round warms up.
    for round in 0..=ROUNDS {
        for turn in 0..NAMES.len() {
            let at = (round + turn) % NAMES.len();
            let rate = match at {
                0 => create(&mut clients, &next).await?,
                1 => alone.insert(1, TURN)?,
                _ => alone.insert(CONNECTIONS, TURN)?,
            };
            if round > 0 {
                rates[at].push(rate);
            }
        }
    }
    report(&rates);
    drop((clients, served));
    remove(&ours);
    remove(&theirs);
    Ok(())
}

/// Returns the creates per second; each client waits for the reply before it sends the next request.
#[expect(clippy::cast_precision_loss, reason = "they are few")]
async fn create(clients: &mut [Client], next: &Cell<usize>) -> Result<f64> {
    let before = next.get();
    let begun = Instant::now();
    let all = clients.iter_mut().map(|client| async {
        while begun.elapsed() < TURN {
            let nth = next.replace(next.get() + 1);
            client.ask(frame(nth)).await?;
        }
        Ok::<_, Error>(())
    });
    futures_util::future::try_join_all(all).await?;
    Ok((next.get() - before) as f64 / begun.elapsed().as_secs_f64())
}

fn frame(nth: usize) -> String {
    let (kind, level) = (nth % 1_000, nth * 7_919 % 1_000_000);
    format!(
        r#"["creature","create",{{"id":"w{nth}","name":"Creature {nth}","kind":"kind-{kind}","level":{level},"hp":100,"bio":"A quiet beast of the northern hills that sleeps under old stones."}},1]"#
    )
}

fn report(rates: &[Vec<f64>; NAMES.len()]) {
    println!("medians of {ROUNDS} rounds of {TURN:?} each, least and most in parentheses\n");
    println!("| | records/s | sockful's to it, in each round |\n|---|---|---|");
    for (name, own) in NAMES.iter().zip(rates) {
        let ratios: Vec<f64> = rates[0].iter().zip(own).map(|(a, b)| a / b).collect();
        println!("| {name} | {} | {} |", spread(own, 0), spread(&ratios, 1));
    }
}

fn spread(values: &[f64], digits: usize) -> String {
    let mut sorted = values.to_vec();
    let middle = median(&mut sorted);
    let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
    format!("{middle:.digits$} ({least:.digits$}–{most:.digits$})")
}
