//! A to-do list, live in every window.
//!
//! `cargo run -p sockful-examples --example todo` prints its address; open it twice.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use sockful::{Resource, Result, Server, cli, remote, resources};
use std::env;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// A task to do.
#[derive(Serialize, Deserialize, Resource)]
struct Task {
    id: String,
    #[resource(length(1..=200), sanitize(trim))]
    text: String,
    #[resource(default)]
    done: bool,
    #[resource(created_at)]
    created: i64,
}

#[remote]
impl Task {
    /// Marks the task as done, or as open again.
    pub fn toggle(&mut self) {
        self.done = !self.done;
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let server = Server::new(resources![Task]);
    if let Some(code) = cli::run(&server, env::args_os().skip(1)) {
        return Ok(code);
    }
    let server = server.open().await?;
    let application = Router::new()
        .route("/", get(Html(include_str!("page.html"))))
        .nest_service("/live", server.service());
    let port = env::var("PORT").unwrap_or_else(|_| "8000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("to do: http://{}", listener.local_addr()?);
    axum::serve(listener, application)
        .with_graceful_shutdown(sockful::shutdown_signal())
        .await?;
    server.drain().await;
    Ok(ExitCode::SUCCESS)
}
