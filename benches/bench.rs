//! Serves the records that a load generator requests, on one thread and with the default limits.
//!
//! `PORT=9001 cargo run --release -p sockful-benches --bin bench`

use serde::{Deserialize, Serialize};
use sockful::{Config, Error, Resource, Result, Server, resources};

/// The record that is read and written under load.
#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    name: String,
    kind: String,
    level: u32,
    hp: u64,
    bio: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut config = Config::default();
    // The rate limit must not slow down the load generator.
    (
        config.request.max_request_rate,
        config.request.request_burst,
    ) = (u32::MAX, u32::MAX);
    config.connection.max_connection_rate = u32::MAX;
    let server = Server::new(resources![Creature]).config(config);
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
    let port: u16 = match std::env::var("PORT") {
        Ok(port) => port
            .parse()
            .map_err(|_| Error::internal("`PORT` is not a port"))?,
        Err(_) => 9001,
    };
    server.listen(("127.0.0.1", port)).await
}
