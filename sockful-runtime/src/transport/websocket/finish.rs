//! The end of a connection: what was asked before it is answered.

use super::Connection;
use crate::dispatch::{Request, RequestOutcome};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Answers what was asked before the end, as long as a close may take.
    pub(super) async fn finish(&mut self) {
        let patience = self.session.config().connection.close_timeout;
        let answered = async {
            while !self.requests.is_empty() {
                let Some((request, outcome)) = poll_fn(|cx| self.poll_finished(cx)).await else {
                    return;
                };
                self.answer(request.answered(outcome));
                self.start_waiting();
            }
        };
        // What takes longer is left off.
        let _ = timeout(patience, answered).await;
    }

    /// The next request to be done; `None` where nobody is there to be told.
    fn poll_finished(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(Arc<Request>, RequestOutcome)>> {
        if self.socket.pipe().waiting() > 0
            && matches!(self.socket.poll_flush(cx), Poll::Ready(Err(_)))
        {
            return Poll::Ready(None);
        }
        if !self.has_room_out() {
            return Poll::Pending;
        }
        self.requests.poll_finished(cx).map(Some)
    }
}
