//! Ten thousand connections that are held, and a hundred among them that mean no good.
//!
//! `cargo run --release -p sockful-examples --example held` prints what comes out as Markdown. It
//! takes six minutes; `-- 30 2000` measures for 30 seconds, with 2,000 connections. Linux only, which
//! tells the memory of a process and has an address for each connection. Where a process may have
//! few files open, `ulimit -n 20000` comes first.
//!
//! The server runs in a process of its own with the default limits but for the log's. Each good
//! connection asks for something every five seconds or so, and is told of each change in its room;
//! whatever it gets is compared with what it should get. First they are alone, then the bad ones come.

mod abuse;
mod good;
mod raw;
mod report;
mod request;
mod served;
mod tally;

use serde::{Deserialize, Serialize};
use sockful::{Error, Resource, Result};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tally::{Phase, Tally};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// How many connections mean no good.
const ABUSIVE: usize = 100;

/// How many players share a room, and are told of each other.
const ROOM: usize = 20;

/// After what time the next one connects: half as many come a second as the server lets in.
const ARRIVING: Duration = Duration::from_millis(1);

/// How long the good ones go on before anything counts.
const SETTLING: Duration = Duration::from_secs(10);

/// Somebody in a room.
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
        Some("serve") => served::serve(number(arguments.next(), 0)?),
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
        .map_err(|_| Error::internal("say for how many seconds, and with how many connections"))
}

async fn measure(players: usize, time: Duration) -> Result<()> {
    let needed = players + ABUSIVE + 100;
    if served::max_files()? < needed {
        return Err(Error::internal(format!(
            "a process may not have {needed} files open: `ulimit -n {needed}` first"
        )));
    }
    let served = served::Served::start(players)?;
    let tally = Arc::new(Tally::new(players));
    let (stop, stopped) = watch::channel(false);
    let begin = Instant::now();
    let mut good = JoinSet::new();
    for nth in 0..players {
        let (tally, stopped) = (tally.clone(), stopped.clone());
        let address = served.address;
        good.spawn(async move {
            sleep_until(begin + ARRIVING * u32::try_from(nth).unwrap_or(u32::MAX)).await;
            let ended = good::run(nth, address, &tally, stopped).await;
            if let Err(error) = ended {
                tally.note_error(&format!("player {nth}: {error:?}"));
            }
            // Whoever fails early must not let the others wait for it.
            tally.done.add_permits(1);
        });
    }
    while tally.connected.load(Relaxed) < players && tally.errors() == 0 {
        sleep(Duration::from_millis(100)).await;
    }
    eprintln!("{players} connections are open");
    sleep(SETTLING).await;

    let alone = phase(&tally, &served, Phase::Alone, time / 5).await?;
    let abusers = abuse::start(served.address)?;
    let abused = phase(&tally, &served, Phase::Abused, time).await?;
    tally.enter(Phase::Over);
    let abuse = abusers.stop()?;
    // A send fails where all good ones are gone, which has been noted.
    let _ = stop.send(true);
    while good.join_next().await.is_some() {}
    report::print(players, &tally, &[alone, abused], &abuse);
    let errors = tally.errors();
    if errors > 0 {
        return Err(Error::internal(format!("{errors} errors")));
    }
    Ok(())
}

/// The memory of the server through one phase, in KiB: at its start, and after each tenth of it.
type Memory = Vec<u64>;

async fn phase(
    tally: &Tally,
    served: &served::Served,
    phase: Phase,
    time: Duration,
) -> Result<Memory> {
    tally.enter(phase);
    let begin = Instant::now();
    let mut memory = vec![served.memory()?];
    for tenth in 1..=10 {
        sleep_until(begin + time * tenth / 10).await;
        memory.push(served.memory()?);
    }
    eprintln!("{phase:?}: {memory:?} KiB");
    Ok(memory)
}
