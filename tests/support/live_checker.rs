//! Checks the frames of a subscription against the history of commits: no event is missing, repeated or invented.

mod checker;
mod commit_history;
mod counts;
mod filter_model;
mod live_query;
mod observed_subscription;
mod recording_server;
mod replica;
mod subscriber;
#[cfg(test)]
mod tests;
mod window_checker;

use checker::check;
pub(crate) use commit_history::{CommitHistory, Commits};
pub(crate) use counts::Counts;
pub(crate) use live_query::LiveQuery;
pub(crate) use observed_subscription::ObservedSubscription;
pub(crate) use recording_server::RecordingServer;
pub(crate) use subscriber::Subscriber;

use serde_json::Value;

/// One step of a subscription over all of its connections, in the order that the subscriber observed it.
#[derive(Clone, Debug)]
pub(crate) enum Observation {
    /// A request was sent, to resume after commit `from` if given.
    Requested {
        ack: Value,
        from: Option<u64>,
        /// Whether the log reached back to `from` when the request was sent.
        reached: bool,
    },
    /// A reply or event was received, as text.
    Frame {
        text: Box<str>,
        /// Whether the log reached back to the subscriber's position when the frame was read.
        reaches: bool,
    },
    /// A pong with this sequence number was received.
    Pong(u64),
    /// The reply to `unsubscribe` was received.
    Unsubscribed,
    /// The connection was cut.
    Cut,
}
