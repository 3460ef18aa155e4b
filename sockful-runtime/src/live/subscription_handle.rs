//! A subscription's registration with the broker: takes commits and catches up.

use super::broker::{Broker, BrokerState, PAGE};
use super::connection_subscriptions::ConnectionSubscriptions;
use super::delivery::Delivery;
use super::live_query::{InitialResult, LiveQuery};
use super::query_group::NextEvents;
use super::replay::Replay;
use crate::core::caller_id::CallerId;
use crate::core::error::{Error, ErrorKind, Result};
use crate::store::Expired;
use std::sync::Arc;

/// How many commits a subscription takes at once, and holds while its client does not read.
const MAX_TAKEN: usize = 32;

/// A subscription's registration with the broker, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct SubscriptionHandle {
    broker: Arc<Broker>,
    connection: Arc<ConnectionSubscriptions>,
    pub(crate) query: Arc<LiveQuery>,
    group: u64,
    id: u64,
    /// The newest commit that was distributed before it was registered.
    joined: u64,
}

impl SubscriptionHandle {
    /// Registers a subscription, which receives every commit from now on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooMany`] if its query would have to be evaluated on every commit and too many
    /// others already are.
    pub(crate) async fn register(
        broker: &Arc<Broker>,
        connection: &Arc<ConnectionSubscriptions>,
        query: Arc<LiveQuery>,
        caller: CallerId,
    ) -> Result<Self> {
        let (group, id, joined) = broker.add(connection, &query, caller).await?;
        Ok(Self {
            broker: broker.clone(),
            connection: connection.clone(),
            query,
            group,
            id,
            joined,
        })
    }

    /// Its id, which is unique within the server.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Returns all matching records. The subscription continues after their commit.
    pub(crate) async fn initial_result(&self) -> Result<Arc<InitialResult>> {
        let result = self.broker.shared_result(self.group, &self.query).await?;
        self.set_position(result.seq);
        Ok(result)
    }

    /// Sets the commit up to which the subscriber has received everything.
    pub(crate) fn set_position(&self, seq: u64) {
        let (max, is_before) = (self.broker.limits.fold_after, seq < self.joined);
        if let Some(group) = self.broker.state().groups.get_mut(self.group) {
            group.set_position(self.id, seq, is_before, max);
        }
    }

    /// The commit up to which it has taken everything, if there are commits that it has not taken.
    pub(crate) fn pending_position(&self) -> Option<u64> {
        let mut state = self.broker.state();
        state.groups.get_mut(self.group)?.pending_position(self.id)
    }

    /// Takes the next commits.
    pub(crate) fn take(&self) -> NextEvents {
        let mut state = self.broker.state();
        let BrokerState { recent, groups, .. } = &mut *state;
        let max = self.broker.limits.fold_after;
        let group = groups.get_mut(self.group);
        group.map_or(NextEvents::Nothing, |group| {
            group.take(self.id, max, MAX_TAKEN, recent)
        })
    }

    /// Reads the missed commits. Few are delivered one by one and many are folded. If the log does
    /// not reach back far enough or too many are missing, the initial result is sent again. If that
    /// fails, the subscription ends. A window is always sent again.
    pub(crate) async fn catch_up(&self) -> Delivery {
        let broker = &*self.broker;
        let (from, head, recent) = {
            let mut state = broker.state();
            let head = state.recent.head();
            let group = state.groups.get_mut(self.group);
            let from = group.map_or(head, |group| group.advance(self.id, head));
            let is_window = self.query.window.is_some();
            let missed = (!is_window).then(|| state.recent.after(from, usize::MAX));
            (from, head, missed)
        };
        let Some(recent) = recent else {
            let result = self.initial_result().await;
            return result.map_or_else(|error| self.ended(error), Delivery::reset);
        };
        let replay = Replay::new(
            self.query.clone(),
            broker.limits.fold_after,
            Arc::clone(&broker.positions),
            self.connection.clone(),
        );
        let delivery = match recent {
            Ok(recent) => replay.run(recent, head).await,
            Err(Expired) => self.replay_log(replay, from, head).await,
        };
        delivery.unwrap_or_else(|error| self.ended(error))
    }

    /// Returns the delivery that reports the end of the subscription because of `error`.
    pub(crate) fn ended(&self, mut error: Error) -> Delivery {
        if error.kind() == ErrorKind::Internal {
            let (id, cause) = error.assign_id();
            tracing::error!(%id, cause, "subscription ended");
        }
        let head = self.broker.state().recent.head();
        Delivery::ended(error, head)
    }

    async fn replay_log(&self, mut replay: Replay, from: u64, head: u64) -> Result<Delivery> {
        let broker = &*self.broker;
        let is_far =
            usize::try_from(head - from).map_or(true, |missed| missed > broker.limits.replayed);
        if is_far {
            return Ok(Delivery::reset(self.initial_result().await?));
        }
        let mut at = from;
        while at < head {
            let page = broker.store.log(at, PAGE).await.unwrap_or_default();
            // The log does not reach back far enough, or more records changed than a result may
            // have.
            let (Some(last), true) = (page.last(), replay.len() <= broker.limits.records) else {
                return Ok(Delivery::reset(self.initial_result().await?));
            };
            at = last.seq;
            let page = page.into_iter().filter(|it| it.seq <= head);
            replay = replay.add(page.collect()).await?;
            tokio::task::yield_now().await;
        }
        Ok(replay.finish(head))
    }
}

impl Drop for SubscriptionHandle {
    fn drop(&mut self) {
        self.broker.state().groups.remove(self.group, self.id);
    }
}
