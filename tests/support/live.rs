//! What subscribers were told, judged by what the store took: nothing missing, nothing twice,
//! nothing else.

mod conditions;
mod follower;
mod history;
mod listener;
mod replica;
#[cfg(test)]
mod tests;
mod topic;
mod truth;
mod verdict;
mod watched;

pub(crate) use follower::Follower;
use history::judge;
pub(crate) use listener::Listener;
pub(crate) use topic::Topic;
pub(crate) use truth::{Log, Truth};
pub(crate) use verdict::Tally;
pub(crate) use watched::Watched;

use serde_json::Value;

/// One step of a subscription over all of its connections, in the order that the subscriber saw.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// It was asked for, to go on behind commit `from` where that is given.
    Began {
        ack: Value,
        from: Option<u64>,
        /// Whether the log reached back to there when it was asked for.
        reached: bool,
    },
    /// A frame of it came, the reply or an event, as its text.
    Frame {
        text: Box<str>,
        /// Whether the log reached back to where the subscriber was when the frame was read.
        reaches: bool,
    },
    /// A ping was answered with this number.
    Pong(u64),
    /// The reply to `unsubscribe` came.
    Unsubscribed,
    /// The connection was cut.
    Cut,
}
