//! The server under test: 1,000 creatures on one thread, without authentication and rate limits.
//!
//! `instructions-server [FILE]` keeps its records in memory, or in the `SQLite` database `FILE`. It prints
//! the address that it listens on and stops on SIGTERM.

use serde::{Deserialize, Serialize};
use sockful::store::Sqlite;
use sockful::{Config, Context, Resource, Result, Server, remote, resources, shutdown_signal};
use tokio::net::TcpListener;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    name: String,
    kind: String,
    level: u32,
    hp: u64,
    bio: String,
}

/// A few records of another resource, for counting.
#[derive(Serialize, Deserialize, Resource)]
struct Scar {
    id: String,
    #[resource(index)]
    kind: String,
}

#[remote]
impl Creature {
    /// Reads and writes one record by its id.
    pub async fn hit(&mut self, hp: u64) {
        self.hp = hp;
    }

    /// Does the same, with a count of other records as a read dependency.
    pub async fn hit_counted(&mut self, context: &Context, hp: u64) -> Result<()> {
        let deep = Scar::FIELDS.kind.eq("deep");
        let scars = context.records::<Scar>().count(deep).await?;
        self.hp = hp + scars as u64;
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut server = Server::new(resources![Creature, Scar]).config(unlimited());
    if let Some(file) = std::env::args().nth(1) {
        server = server.store(Sqlite::open(file)?);
    }
    let server = server.open().await?;
    for n in 0..1000 {
        let creature = NewCreature {
            id: Some(format!("c{n}")),
            name: format!("Creature {n}"),
            kind: "dragon".into(),
            level: n % 60,
            hp: 100,
            bio: "A quiet beast of the northern hills that sleeps under old stones.".into(),
        };
        server.records::<Creature>().create(creature).await?;
    }
    for kind in ["deep", "deep", "old"] {
        let scar = NewScar {
            id: None,
            kind: kind.into(),
        };
        server.records::<Scar>().create(scar).await?;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    server.serve(listener, shutdown_signal()).await
}

/// The default limits, except that requests are not limited by rate.
fn unlimited() -> Config {
    let mut config = Config::default();
    (
        config.request.max_request_rate,
        config.request.request_burst,
    ) = (u32::MAX, u32::MAX);
    config
}
