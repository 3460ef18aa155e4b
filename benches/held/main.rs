//! Holds 10,000 WebSocket connections and measures what 100 abusive ones cost the others.
//!
//! `cargo run --release -p sockful-benches --bin held` prints a Markdown report after six minutes;
//! `-- 30 2000` measures for 30 seconds with 2,000 connections. Runs on Linux only: it reads the server's
//! memory from `/proc` and gives each connection its own loopback address. Raise the limit of open files
//! first if necessary: `ulimit -n 20000`.
//!
//! The server is a child process with the default limits, except for the capacity of the log. Each
//! well-behaved connection sends a request about every five seconds and receives every change in its
//! room; every reply and event is checked. The first phase has only these, the second adds the abusive ones.

mod abuse;
mod raw;
mod report;
mod request;
mod server;
mod stats;
mod well_behaved;

use serde::{Deserialize, Serialize};
use sockful::{Error, Resource, Result};
use stats::{Phase, Stats};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// The number of abusive connections.
const ABUSIVE: usize = 100;

/// The number of players that share a room and receive each other's changes.
const ROOM: usize = 20;

/// The delay between two connects: half the rate that the server accepts.
const ARRIVING: Duration = Duration::from_millis(1);

/// How long the connections run before anything is counted.
const SETTLING: Duration = Duration::from_secs(10);

/// A player in a room.
#[derive(Serialize, Deserialize, Resource)]
struct Player {
    id: String,
    #[resource(index)]
    room: String,
    moves: u32,
    bio: String,
}

fn player(nth: usize) -> NewPlayer {
    NewPlayer {
        id: Some(format!("p{nth}")),
        room: room(nth),
        moves: 0,
        bio: "A quiet beast of the northern hills that sleeps under old stones.".into(),
    }
}

fn room(nth: usize) -> String {
    format!("r{}", nth / ROOM)
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("serve") => server::serve(number(arguments.next(), 0)?),
        seconds => {
            let seconds = number(seconds.map(str::to_owned), 300)?;
            let players = number(arguments.next(), 10_000)?;
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build()?;
            runtime.block_on(measure(players, Duration::from_secs(seconds as u64)))
        }
    }
}

fn number(argument: Option<String>, usual: usize) -> Result<usize> {
    let Some(text) = argument else {
        return Ok(usual);
    };
    text.parse()
        .map_err(|_| Error::internal("usage: held [SECONDS [CONNECTIONS]]"))
}

async fn measure(players: usize, time: Duration) -> Result<()> {
    let needed = players + ABUSIVE + 100;
    if server::max_files()? < needed {
        return Err(Error::internal(format!(
            "too few open files are allowed; run `ulimit -n {needed}` first"
        )));
    }
    let served = server::ServerProcess::start(players)?;
    let stats = Arc::new(Stats::new(players));
    let (stop, stopped) = watch::channel(false);
    let begin = Instant::now();
    let mut good = JoinSet::new();
    for nth in 0..players {
        let (stats, stopped) = (stats.clone(), stopped.clone());
        let address = served.address;
        good.spawn(async move {
            sleep_until(begin + ARRIVING * u32::try_from(nth).unwrap_or(u32::MAX)).await;
            let ended = well_behaved::run(nth, address, &stats, stopped).await;
            if let Err(error) = ended {
                stats.note_error(&format!("player {nth}: {error:?}"));
            }
            // A connection that fails early must not keep the others waiting.
            stats.done.add_permits(1);
        });
    }
    while stats.connected.load(Relaxed) < players && stats.errors() == 0 {
        sleep(Duration::from_millis(100)).await;
    }
    eprintln!("{players} connections are open");
    sleep(SETTLING).await;

    let alone = phase(&stats, &served, Phase::Alone, time / 5).await?;
    let abusers = abuse::start(served.address)?;
    let abused = phase(&stats, &served, Phase::Abused, time).await?;
    stats.enter(Phase::Over);
    let abuse = abusers.stop()?;
    // The send fails if every connection has ended, which was counted as an error.
    let _ = stop.send(true);
    while good.join_next().await.is_some() {}
    report::print(players, &stats, &[alone, abused], &abuse);
    let errors = stats.errors();
    if errors > 0 {
        return Err(Error::internal(format!("{errors} errors")));
    }
    Ok(())
}

/// The memory of the server through one phase, in KiB: at its start, and after each tenth of it.
type Memory = Vec<u64>;

async fn phase(
    stats: &Stats,
    served: &server::ServerProcess,
    phase: Phase,
    time: Duration,
) -> Result<Memory> {
    stats.enter(phase);
    let begin = Instant::now();
    let mut memory = vec![served.memory()?];
    for tenth in 1..=10 {
        sleep_until(begin + time * tenth / 10).await;
        memory.push(served.memory()?);
    }
    eprintln!("{phase:?}: {memory:?} KiB");
    Ok(memory)
}
