//! The outcome of a request: its reply, and its effect on the subscriptions of the connection.

use super::actions::subscribe::scope::SubscriptionScope;
use crate::core::error::{Error, Result};
use crate::live::NewSubscription;
use crate::protocol::reply::{Done, Reply};

/// The reply to a request, and its effect on the subscriptions of the connection.
#[derive(Debug)]
pub(crate) struct RequestOutcome {
    pub(crate) reply: Reply,
    pub(crate) change: Option<Box<SubscriptionChange>>,
}

/// The effect of a request on the subscriptions of its connection.
#[derive(Debug)]
pub(crate) enum SubscriptionChange {
    /// Begins this subscription once the reply is written.
    Begin(Box<NewSubscription<SubscriptionScope>>),
    /// Ends the subscription with this `ack_id` before the reply is written.
    End(Box<str>),
    /// Before the reply is written, delivers pending events and reduces the position in the reply,
    /// which is this commit, to the one up to which all events were delivered.
    ReportPosition(u64),
}

impl From<Reply> for RequestOutcome {
    fn from(reply: Reply) -> Self {
        let change = None;
        Self { reply, change }
    }
}

impl From<Error> for RequestOutcome {
    fn from(error: Error) -> Self {
        Reply::Err(error).into()
    }
}

impl From<Result<(Done, SubscriptionChange)>> for RequestOutcome {
    fn from(result: Result<(Done, SubscriptionChange)>) -> Self {
        match result {
            Ok((done, change)) => Self {
                reply: Ok(done),
                change: Some(Box::new(change)),
            },
            Err(error) => error.into(),
        }
    }
}
