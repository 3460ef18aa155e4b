//! Measures the `SQLite` store beside rusqlite alone and beside the in-memory store, and how fast it opens.
//!
//! `cargo run --release -p sockful-benches --bin stored -- …` with
//!
//! - `creates`: records created over 64 connections, beside the same inserts by rusqlite alone
//! - `reads stored.svg`: reads and writes with 1,000 to 1,000,000 records, in a file and in memory; writes
//!   the plot to that file
//! - `policy`: a list of 10 of 1,000,000 records under the read policy `owner == caller | published`, beside
//!   the same list by `$in` without a policy
//! - `windows`: opening the newest 50 of 1,000,000 messages as a live query
//! - `log`: the size of the write-ahead log during five minutes of overlapping lists and 1,000 writes per
//!   second
//! - `start`: the time from process start to the first reply, with 1,000,000 records; `start cold` also
//!   empties the page cache of the whole machine first, which only root can do
//!
//! An optional last argument is the folder for the files, `target/stored` by default. It must be on a disk
//! for the figures to mean anything. Runs on Linux only: it reads the CPU time of a process from `/proc`.
//! `peers/run.mjs` measures the creates beside Feathers and `PocketBase`.

mod client;
mod creates;
mod disk;
mod log;
#[path = "../plot.rs"]
mod plot;
mod policy;
mod reads;
mod rusqlite_baseline;
mod scaling;
mod server;
mod start;
mod windows;

use serde::{Deserialize, Serialize};
use sockful::{Error, Resource, Result};
use std::path::PathBuf;

/// The number of records that share a `kind`.
const RECORDS_PER_KIND: usize = 20;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    name: String,
    #[resource(index)]
    kind: String,
    #[resource(index)]
    level: u32,
    hp: u32,
    bio: String,
}

/// The creature `c0`, `c1` and so on, of this number in total. Records of one kind are far apart,
/// and so are records of neighbouring levels.
fn creature(nth: usize, of: usize) -> NewCreature {
    let kinds = (of / RECORDS_PER_KIND).max(1);
    NewCreature {
        id: Some(format!("c{nth}")),
        name: format!("Creature {nth}"),
        kind: format!("kind-{}", nth % kinds),
        level: level(nth, of),
        hp: 100,
        bio: "A quiet beast of the northern hills that sleeps under old stones.".into(),
    }
}

fn level(nth: usize, of: usize) -> u32 {
    u32::try_from(nth * 7_919 % of.max(1)).unwrap_or(u32::MAX)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        ["serve", store, creatures] => server::serve(store, creatures.parse().unwrap_or(0)),
        ["serve-notes", store, notes] => policy::serve(store, notes.parse().unwrap_or(0)),
        ["serve-messages", store, messages] => windows::serve(store, messages.parse().unwrap_or(0)),
        ["windows", ref folder @ ..] => windows::measure(&place(folder)?).await,
        ["log", ref folder @ ..] => log::measure(&place(folder)?).await,
        ["policy", ref folder @ ..] => policy::measure(&place(folder)?).await,
        ["creates", ref folder @ ..] => creates::measure(&place(folder)?).await,
        ["reads", svg, ref folder @ ..] => {
            let growth = reads::measure(&place(folder)?).await?;
            std::fs::write(svg, growth.draw()).map_err(Error::internal)
        }
        ["start", "cold", ref folder @ ..] => start::measure(&place(folder)?, true).await,
        ["start", ref folder @ ..] => start::measure(&place(folder)?, false).await,
        _ => Err(Error::internal(
            "name what to measure: `creates`, `reads stored.svg`, `policy`, `windows`, `log` or `start`",
        )),
    }
}

/// The folder for the files, created if it does not exist.
fn place(folder: &[&str]) -> Result<PathBuf> {
    let folder = PathBuf::from(folder.first().unwrap_or(&"target/stored"));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Removes the database and the files beside it.
fn remove(file: &std::path::Path) {
    for beside in ["", "-wal", "-shm", "-lock"] {
        let mut name = file.as_os_str().to_owned();
        name.push(beside);
        let _ = std::fs::remove_file(name);
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
