//! The end of a connection: requests that were read before it are still answered.

use super::Connection;
use crate::dispatch::{Request, RequestOutcome};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Answers the requests that were read before the end, within the close timeout.
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
        // Requests that take longer are abandoned.
        let _ = timeout(patience, answered).await;
    }

    /// The next finished request; `None` if the peer is gone.
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
