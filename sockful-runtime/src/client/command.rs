//! The commands that the handles of a client send to its task.

use super::inbox::Inbox;
use super::request::{OutgoingRequest, RawReply};
use crate::core::error::Result;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;

pub(super) enum Command {
    /// Send a request.
    Call(SubmittedCall),
    /// Drop the request with this id, whose reply is no longer awaited.
    CancelCall(u64),
    /// Subscribe, and put the events into the inbox.
    Subscribe {
        inbox: Arc<Inbox>,
        resource: &'static str,
        action: &'static str,
        /// The conditions, as the text of an object.
        payload: String,
    },
    /// Subscribe again after the inbox with this number was full; it is empty now.
    ResumeSubscription(u64),
    /// End the subscription whose inbox has this number.
    Unsubscribe(u64),
    /// Notify when the subscription whose inbox has this number is complete up to a commit.
    WaitUntil {
        number: u64,
        seq: u64,
        reached: oneshot::Sender<()>,
    },
    /// Authenticate with another token.
    Authenticate {
        id: u64,
        token: Option<String>,
        /// Receives when the identity expires.
        reply: oneshot::Sender<Result<Option<u64>>>,
    },
    Close,
}

/// A request of the application.
#[derive(Debug)]
pub(super) struct SubmittedCall {
    pub(super) id: u64,
    pub(super) request: OutgoingRequest,
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Sender<Result<RawReply>>,
}
