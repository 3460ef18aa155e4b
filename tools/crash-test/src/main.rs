//! Kills a server again and again while clients write, and checks that nothing was lost or applied twice.
//!
//! `cargo run -p sockful-crash-test -- 200` runs 200 rounds. The server is this program again, with its
//! records in a file. It is killed at a random time or at a named point of its disk I/O, in half of all
//! rounds together with a simulated power loss, and restarted at once. The clients only see that their
//! connections end. The seed that is printed can be passed behind the number of rounds: the servers are
//! then killed in the same ways, although not between the same two instructions.
//!
//! `-- lies` simulates a disk that reports a sync without doing it; the harness must detect the loss.
//! `-- full` runs one server whose disk is full for a while, becomes read-only, and fails to sync.
//!
//! The simulated disk is a library built by the C compiler that builds `SQLite`, on Linux only; on other
//! systems servers are only killed at random times.

mod app;
mod audit;
mod clients;
mod crash;
mod crash_loop;
mod disk;
mod disk_faults;
mod random;
mod server_process;
mod stats;
mod subscriber;
mod writer;

use disk::SyncMode;
use random::Random;
use sockful::{Error, Result, Server, cli};
use std::env;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

const CLIENTS: u64 = 16;
/// The number of rounds within which a lying disk must be detected.
const LYING_ROUNDS: u32 = 10;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["serve", file, port] => app::serve(Path::new(file), port).await,
        ["check", ..] => return check(),
        ["lies"] => lying_disk().await,
        ["full"] => disk_faults::run().await,
        [] => crash_loop("200", None).await,
        [rounds] => crash_loop(rounds, None).await,
        [rounds, seed] => crash_loop(rounds, Some(seed)).await,
        _ => Err(Error::internal(
            "usage: crash-test [ROUNDS [SEED] | full | lies]",
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

/// The error for stored records or client events that are wrong.
fn lost(what: impl Into<String>) -> Error {
    Error::refused("lost", what.into())
}

/// Checks the file of a store, as the command `check FILE` of every program does.
fn check() -> ExitCode {
    let server = Server::new(app::RESOURCES);
    cli::run(&server, env::args_os().skip(1)).unwrap_or(ExitCode::FAILURE)
}

async fn crash_loop(rounds: &str, seed: Option<&str>) -> Result<()> {
    let rounds = rounds.parse().map_err(Error::internal)?;
    let seed = seed.map_or_else(|| Ok(RandomState::new().hash_one(()) >> 32), str::parse);
    let seed = seed.map_err(Error::internal)?;
    println!("{rounds} rounds, seed {seed}");
    let start = Instant::now();
    let stats = crash_loop::run(rounds, &mut Random::new(seed), SyncMode::Durable).await?;
    println!("{stats}");
    println!(
        "{rounds} rounds in {:.0?}: every acknowledged write was applied exactly once; commits are complete, \
         without gaps, and were delivered once each",
        start.elapsed()
    );
    Ok(())
}

async fn lying_disk() -> Result<()> {
    if cfg!(not(target_os = "linux")) {
        return Ok(());
    }
    match crash_loop::run(LYING_ROUNDS, &mut Random::new(1), SyncMode::Lost).await {
        Err(error) if error.code() == "lost" => {
            println!("the lying disk was detected: {error}");
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => Err(Error::internal("the lying disk was not detected")),
    }
}
