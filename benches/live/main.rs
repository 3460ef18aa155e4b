//! Measures live queries: the cost of one write by the number of subscriptions, and the cost of a
//! subscriber that stops reading.
//!
//! `cargo run --release -p sockful-benches --bin live -- live.svg` measures the first and writes the plot to
//! that file; `slow` in place of a file measures the second. Runs on Linux only: it reads the CPU time of a
//! thread and the memory of the process from `/proc`.

mod client;
mod cost;
#[path = "../plot.rs"]
mod plot;
mod server;
mod slow;

use serde::{Deserialize, Serialize};
use sockful::{Error, Resource, Result};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    kind: String,
    life: u32,
    bio: String,
}

/// A creature of about 150 bytes.
fn creature(id: String) -> NewCreature {
    NewCreature {
        id: Some(id),
        kind: "dragon".into(),
        life: 0,
        bio: "A quiet beast of the northern hills that sleeps under old stones.".into(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let argument = std::env::args().nth(1);
    match argument.as_deref() {
        Some("slow") => slow::measure().await,
        Some(path) => {
            let costs = cost::measure().await?;
            std::fs::write(path, costs.draw()).map_err(Error::internal)
        }
        None => Err(Error::internal("usage: live FILE.svg | slow")),
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
