//! One request by itself, without a connection that stays.

use super::requests::Requests;
use crate::engine::session::Session;
use crate::protocol::reply::Reply;
use std::future::poll_fn;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Answers a request, which is a frame, as if it were the first of a connection. Where the future is
/// dropped, that connection has ended.
pub(crate) async fn answer(session: &Arc<Session>, frame: &Utf8Bytes) -> Reply {
    let mut only = SingleRequest(Requests::new(session.clone()));
    if let Some(answered) = only.0.take(frame) {
        return answered.reply;
    }
    let (request, reply) = poll_fn(|cx| only.0.poll_finished(cx)).await;
    request.job().answered(reply).reply
}

struct SingleRequest(Requests);

impl Drop for SingleRequest {
    fn drop(&mut self) {
        self.0.settle();
        self.0.abandon();
    }
}
