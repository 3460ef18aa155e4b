//! Ends a server again and again while clients write, and looks whether anything was lost or done twice.
//!
//! `cargo run -p sockful-examples --example durable -- 200` does so 200 times. The server is this program
//! once more, with its records in a file; it is killed at any time, or at a moment of its work with the
//! disk, and in half of all cases the power goes with it. It is started again at once. The clients know
//! nothing of it but that their connections end. The seed that is printed can be given behind the number:
//! servers end in the same ways again, though not between the same two instructions.
//!
//! `-- lies` puts a disk under the server that says that it has synced, and has not: a loss has to be found.
//! `-- full` has one server whose disk is full for a while, can't be written to, and fails to sync.
//!
//! What is under the files is built by the C compiler that builds `SQLite`, on Linux only; elsewhere
//! servers are killed at any time.

mod book;
mod crowd;
mod disk;
mod ending;
mod follower;
mod full;
mod process;
mod random;
mod served;
mod storm;
mod tally;
mod writer;

use disk::Word;
use random::Random;
use sockful::{Error, Result, Server};
use std::env;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

const CLIENTS: u64 = 16;
/// How many servers a disk that lies has to be found out in.
const LIES: u32 = 10;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["serve", file, port] => served::serve(Path::new(file), port).await,
        ["check", ..] => checked().await,
        ["lies"] => lies().await,
        ["full"] => full::show().await,
        [] => storm("200", None).await,
        [rounds] => storm(rounds, None).await,
        [rounds, seed] => storm(rounds, Some(seed)).await,
        _ => Err(Error::internal("too much was asked for")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

/// What is wrong with what is stored, or with what the clients are told.
fn lost(what: impl Into<String>) -> Error {
    Error::refused("lost", what.into())
}

async fn checked() -> Result<()> {
    let server = Server::new(served::RESOURCES).commands();
    server.open().await.map(drop)
}

async fn storm(rounds: &str, seed: Option<&str>) -> Result<()> {
    let rounds = rounds.parse().map_err(Error::internal)?;
    let seed = seed.map_or_else(|| Ok(RandomState::new().hash_one(()) >> 32), str::parse);
    let seed = seed.map_err(Error::internal)?;
    println!("{rounds} servers are to end, seed {seed}");
    let start = Instant::now();
    let tally = storm::rage(rounds, &mut Random::new(seed), Word::Holds).await?;
    println!("{tally}");
    println!(
        "{rounds} servers have ended in {:.0?}: every write that was acknowledged is there once, and nothing \
         else; commits are whole, dense, and were told once each",
        start.elapsed()
    );
    Ok(())
}

async fn lies() -> Result<()> {
    if cfg!(not(target_os = "linux")) {
        return Ok(());
    }
    match storm::rage(LIES, &mut Random::new(1), Word::Lies).await {
        Err(error) if error.code() == "lost" => {
            println!("a disk that lies is found out: {error}");
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => Err(Error::internal("a disk that lies was not found out")),
    }
}
