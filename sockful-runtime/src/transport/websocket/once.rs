//! One request on its own, outside of a lasting connection.

use super::requests::Requests;
use crate::dispatch::Request;
use crate::engine::session::Session;
use crate::protocol::reply::Reply;
use std::future::poll_fn;
use std::sync::Arc;

/// Runs a request as if it were the first of a connection. Dropping the future ends that connection.
pub(crate) async fn answer(session: &Arc<Session>, request: Request) -> Reply {
    let mut only = SingleRequest(Requests::new(session.clone()));
    if let Some(answered) = only.0.start(request) {
        return answered.outcome.reply;
    }
    let (request, outcome) = poll_fn(|cx| only.0.poll_finished(cx)).await;
    request.answered(outcome).outcome.reply
}

struct SingleRequest(Requests);

impl Drop for SingleRequest {
    fn drop(&mut self) {
        self.0.settle();
        self.0.abandon();
    }
}
