//! A server of times and decimal numbers in any spelling. A test compares the order of the TypeScript client with
//! that of the server.
//!
//! `cargo run -p sockful-tests --example orders` serves them on 127.0.0.1:8000. `PORT` changes the port.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::query::{KeyForm, Ordered};
use sockful::{Plain, Resource, Result, Server, resources, shutdown_signal};
use tokio::net::TcpListener;

/// A text that is sorted as a time.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Moment(String);

impl Plain for Moment {
    const KEY_FORM: KeyForm = KeyForm::Time;
}
impl Ordered for Moment {}

/// A text that is sorted as a decimal number.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Amount(String);

impl Plain for Amount {
    const KEY_FORM: KeyForm = KeyForm::Decimal;
}
impl Ordered for Amount {}

/// A record with the sorted values.
#[derive(Serialize, Deserialize, Resource)]
struct Sample {
    id: String,
    time: Option<Moment>,
    decimal: Option<Amount>,
    text: Option<String>,
    float: Option<f64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = Server::new(resources![Sample]).open().await?;
    let port = std::env::var("PORT").ok();
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(8000);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("orders: http://{}", listener.local_addr()?);
    server.serve(listener, shutdown_signal()).await
}
