//! Clients without a network: a connection over any stream, as if its handshake had been.

use crate::core::shutdown;
use crate::engine::session::Session;
use crate::server::ServerHandle;
use crate::transport::websocket;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// A new client of the server, which has not said anything yet.
pub(crate) fn session(server: &ServerHandle) -> Arc<Session> {
    Session::new(server.app().clone(), None)
}

/// Serves a client until its connection ends.
pub(crate) async fn serve<S>(session: Arc<Session>, io: S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // A server whose trigger is gone stops, so that is kept.
    let (_trigger, shutdown) = shutdown::channel();
    websocket::run(session, io, Vec::new(), shutdown).await;
}
