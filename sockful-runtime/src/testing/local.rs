//! Clients of a server in the same process, without sockets: for tests of an application.
//!
//! They are clients like others, down to the frames, and nothing else differs from what a browser
//! meets. Time may be paused with them, as tokio does it.
//!
//! ```
//! use sockful_runtime as sockful;
//! # use sockful::{Result, Server, engine::table::Resources};
//! # async fn works(resources: Resources) -> Result<()> {
//! let server = Server::new(resources).open().await?;
//! let client = sockful::testing::connect(&server).await?;
//! let schema: serde_json::Value = client.call("sockful", "schema", &()).await?;
//! # Ok(())
//! # }
//! ```

use super::in_process;
use crate::client::{Builder, ByteStream, Client, ConnectTarget, InProcessConnector};
use crate::core::error::Result;
use crate::engine::auth::credentials::Credentials;
use crate::server::ServerHandle;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::HeaderMap;

/// How many bytes each direction of a connection within the process can hold.
const BUFFER: usize = 64 * 1024;

/// Connects a client to `server`, without a socket.
///
/// # Errors
///
/// As for [`Builder::connect`].
pub async fn connect(server: &ServerHandle) -> Result<Client> {
    builder(server).connect().await
}

/// Creates a builder for a client of `server` with a token or headers.
pub fn builder(server: &ServerHandle) -> Builder {
    Builder::of(Ok(ConnectTarget::in_process(server.clone())))
}

impl InProcessConnector for ServerHandle {
    fn connect(&self, headers: HeaderMap) -> BoxFuture<'static, Result<Box<dyn ByteStream>>> {
        let session = in_process::session(self);
        async move {
            let credentials = Credentials::of_handshake(headers, None);
            if session.has_authenticator() && credentials.are_shown() {
                session.authenticate(Some(credentials)).await?;
            }
            let (near, far) = tokio::io::duplex(BUFFER);
            tokio::spawn(in_process::serve(session, far));
            let io: Box<dyn ByteStream> = Box::new(near);
            Ok(io)
        }
        .boxed()
    }
}
