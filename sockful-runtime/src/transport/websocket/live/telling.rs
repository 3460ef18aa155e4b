//! One subscription on its way to be told something.

use crate::core::error::Result;
use crate::live::{Delivery, InitialResult, Subscription, SubscriptionAccess, SubscriptionHandle};
use futures_util::future::BoxFuture;

/// A subscription of the connection.
pub(super) struct Kept {
    pub(super) subscription: Subscription,
    /// Whether it was judged for somebody whom the client no longer is: nothing more of it is told
    /// until it has begun anew.
    pub(super) is_stale: bool,
}

/// What one is being told.
pub(super) struct Telling {
    pub(super) id: u64,
    /// Everything up to this commit was told before.
    pub(super) from: u64,
    pub(super) delivery: Delivery,
    /// Whether there may be something behind it that nobody will wake us for.
    pub(super) more: bool,
}

impl Telling {
    /// Up to which commit everything has been told, if not up to what the subscription has taken.
    pub(super) fn told_up_to(&self) -> u64 {
        match &self.delivery {
            delivery if delivery.is_done() => u64::MAX,
            Delivery::Commits { matches, .. } => {
                matches.front().map_or(self.from, |it| it.committed.seq - 1)
            }
            _ => self.from,
        }
    }
}

/// One that makes up for what it has missed.
pub(super) struct CatchingUp {
    pub(super) id: u64,
    pub(super) from: u64,
    pub(super) future: BoxFuture<'static, Caught>,
}

/// What one is told that has caught up.
pub(super) enum Caught {
    /// What it has missed.
    Missed(Delivery),
    /// All there is, for who the client is now.
    Anew(Result<(SubscriptionHandle, SubscriptionAccess, InitialResult)>),
}
