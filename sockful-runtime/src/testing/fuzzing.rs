//! Where fuzz targets get in, past the network. No public API: it changes as they need it.

use crate::dispatch::{Answered, Request};
use crate::engine::session::Session;
use crate::protocol::reply;
use crate::server::ServerHandle;
use crate::testing::in_process;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// Serves a client on any stream, as if its handshake had been, until the connection ends.
pub async fn serve<S>(server: &ServerHandle, io: S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    in_process::serve(in_process::session(server), io).await;
}

/// A client without a socket.
#[derive(Debug)]
pub struct FuzzClient(Arc<Session>);

impl FuzzClient {
    /// One that has just come.
    pub fn new(server: &ServerHandle) -> Self {
        Self(in_process::session(server))
    }

    /// The frame that answers `message`, whether one is asked for or not, and whether the message
    /// was a bad frame.
    pub async fn ask(&self, message: &str) -> (String, bool) {
        let answered = match Request::from_frame(&self.0, message.into()) {
            Err(refused) => Answered::from(refused),
            Ok(request) => {
                // A connection schedules a request before it runs it.
                let _ = request.schedule(&self.0);
                let outcome = request.run(&self.0, 1).await;
                request.into_answered(outcome)
            }
        };
        let mut out = Vec::new();
        let max_reply = self.0.config().request.max_reply;
        reply::write(
            &mut out,
            &answered.head(),
            &answered.outcome.reply,
            max_reply,
        );
        let out =
            String::from_utf8(out).unwrap_or_else(|error| panic!("a frame must be text: {error}"));
        (out, answered.bad)
    }
}
