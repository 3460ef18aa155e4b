//! What a store in a file costs: beside `SQLite` alone, beside the memory, and when it opens.
//!
//! `cargo run --release -p sockful-examples --example stored -- …` with
//!
//! - `creates`: records made from 64 connections, beside the same inserts by rusqlite alone
//! - `reads stored.svg`: reads and writes among 1,000 to 1,000,000 records, in a file and in memory,
//!   drawn into that file
//! - `start`: from the start of a process to its first answer, with 1,000,000 records; with `start cold`
//!   also when the page cache, that of everything on the machine, was emptied, which only root may
//!
//! A folder may follow, for the files; it is `target/stored` else, and must be on a disk if anything
//! is to be learned of it. Linux only, which tells the CPU time of a process.
//! `peers/run.mjs` measures the creates beside those of Feathers and `PocketBase`.

mod alone;
mod client;
mod creates;
mod disk;
mod growth;
#[path = "../plot.rs"]
mod plot;
mod reads;
mod served;
mod start;

use serde::{Deserialize, Serialize};
use sockful::{Error, Resource, Result};
use std::path::PathBuf;

/// How many records have a `kind`, and are found by it.
const KIN: usize = 20;

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

/// The creature `c0`, `c1` and so on of so many. Those of one kind lie far apart, and so do those of
/// one level and the next.
fn creature(nth: usize, of: usize) -> NewCreature {
    let kinds = (of / KIN).max(1);
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
        ["serve", store, creatures] => served::serve(store, creatures.parse().unwrap_or(0)),
        ["creates", ref folder @ ..] => creates::measure(&place(folder)?).await,
        ["reads", svg, ref folder @ ..] => {
            let growth = reads::measure(&place(folder)?).await?;
            std::fs::write(svg, growth.draw()).map_err(Error::internal)
        }
        ["start", "cold", ref folder @ ..] => start::measure(&place(folder)?, true).await,
        ["start", ref folder @ ..] => start::measure(&place(folder)?, false).await,
        _ => Err(Error::internal(
            "say what to measure: `creates`, `reads stored.svg` or `start`",
        )),
    }
}

/// Where the files go.
fn place(folder: &[&str]) -> Result<PathBuf> {
    let folder = PathBuf::from(folder.first().unwrap_or(&"target/stored"));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Takes away the file of a store, and what stands beside it.
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
