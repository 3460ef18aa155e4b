//! An axum application with its own routes, and a sockful server mounted in it.
//!
//! `cargo run -p sockful-examples --example axum` prints the addresses; `PORT` changes the port, and
//! `-- check` runs a self-test and exits.

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use sockful::client::Client;
use sockful::{Error, Filter, Resource, Result, Server, ServerHandle, remote, resources};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// A beast that can be fed.
#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(default = 10)]
    life: u32,
}

#[remote]
impl Creature {
    /// Feeds the creature.
    pub fn feed(&mut self, amount: u32) -> u32 {
        self.life = self.life.saturating_add(amount);
        self.life
    }
}

/// The application: its own routes read and write the same records as the clients.
fn application(server: &ServerHandle) -> Router {
    let (to_count, to_create) = (server.clone(), server.clone());
    let count = async move || {
        let count = to_count.records::<Creature>().count(Filter::all()).await;
        count.map_or_else(|error| error.to_string(), |count| format!("{count}\n"))
    };
    let create = async move || {
        let creatures = to_create.records::<Creature>();
        let created = creatures.create(NewCreature::default()).await;
        created.map_or_else(|error| error.to_string(), |it| format!("{}\n", it.id))
    };
    // axum knows the address of the peer.
    let live = server.service().peer(|parts| {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        peer.map(|ConnectInfo(address)| *address)
    });
    Router::new()
        .route("/count", get(count))
        .route("/creatures", post(create))
        .nest_service("/live", live)
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt::init();
    let is_check = std::env::args().nth(1).as_deref() == Some("check");
    let server = Server::new(resources![Creature]).open().await?;
    let port = std::env::var("PORT").unwrap_or_else(|_| "8000".to_owned());
    let port = if is_check { "0" } else { &port };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("axum: http://{address}/count, and sockful at http://{address}/live");
    let application = application(&server);
    let make = application.into_make_service_with_connect_info::<SocketAddr>();
    let until = async move {
        if is_check {
            if let Err(error) = check(address).await {
                eprintln!("check failed: {error:?}");
                std::process::exit(1);
            }
        } else {
            sockful::shutdown_signal().await;
        }
    };
    // axum waits for its requests; connections upgraded to WebSockets are closed by `drain`.
    axum::serve(listener, make)
        .with_graceful_shutdown(until)
        .await?;
    server.drain().await;
    Ok(())
}

/// Creates and feeds a record as a client.
async fn check(address: SocketAddr) -> Result<()> {
    let client = Client::connect(format!("ws://{address}/live")).await?;
    let creatures = client.records::<Creature>();
    let bob = creatures.create(NewCreature::default()).await?;
    if creatures.feed(bob.id, 3).await? != 13 {
        return Err(Error::internal("the creature was not fed"));
    }
    println!("the creature was fed");
    Ok(())
}
