//! Clients of a server in the same process, without sockets: for tests of an application.
//!
//! They are clients like others, down to the frames, and nothing else differs from what a browser
//! meets. Time may be paused with them, as tokio does it.
//!
//! ```
//! use sockful_runtime as sockful;
//! # use sockful::{Result, Server, routes::Resources};
//! # async fn works(resources: Resources) -> Result<()> {
//! let server = Server::new(resources).open().await?;
//! let client = sockful::testing::connect(&server).await?;
//! let schema: serde_json::Value = client.call("sockful", "schema", &()).await?;
//! # Ok(())
//! # }
//! ```

use crate::client::{Builder, Client, Target};
use crate::core::error::Result;
use crate::server::ServerHandle;

/// Connects to `server`.
///
/// # Errors
///
/// What [`Builder::connect`] says.
pub async fn connect(server: &ServerHandle) -> Result<Client> {
    builder(server).connect().await
}

/// Says how to connect to `server`: with a token, or with headers.
pub fn builder(server: &ServerHandle) -> Builder {
    Builder::of(Ok(Target::local(server.clone())))
}
