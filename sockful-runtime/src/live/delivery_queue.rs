//! The order in which the subscriptions of one connection deliver their events.

use super::connection_subscriptions::{ConnectionSubscriptions, TransientEvent};
use super::delivery::Delivery;
use super::event_encoder::EventEncoder;
use super::initial_result::InitialResult;
use super::live_query::Match;
use super::query_group::NextEvents;
use super::sorted_vec_map::SortedVecMap;
use super::subscription_handle::SubscriptionHandle;
use crate::core::error::Result;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A subscription whose reply is written next. `S` is the state that its owner needs to restart it.
#[derive(Debug)]
pub(crate) struct NewSubscription<S> {
    pub(crate) handle: SubscriptionHandle,
    pub(crate) encoder: EventEncoder,
    /// The commit that its reply reports.
    pub(crate) seq: u64,
    /// The records that did not fit in its reply.
    pub(crate) remaining: Delivery,
    pub(crate) scope: S,
}

/// A subscription that was registered again because the readable records have changed.
#[derive(Debug)]
pub(crate) struct RestartedSubscription<S> {
    pub(crate) handle: SubscriptionHandle,
    pub(crate) result: Arc<InitialResult>,
    pub(crate) scope: S,
}

/// The subscriptions of one connection, which deliver their events in turn, one frame at a time.
pub(crate) struct DeliveryQueue<S> {
    connection: Arc<ConnectionSubscriptions>,
    subscriptions: SortedVecMap<ActiveSubscription<S>>,
    /// Whether there has been any subscription.
    is_used: bool,
    /// The remaining parts of initial results.
    starting: VecDeque<ActiveDelivery>,
    transient: VecDeque<TransientEvent>,
    /// Subscriptions with new commits.
    ready: VecDeque<u64>,
    current: Option<ActiveDelivery>,
    /// Subscriptions that must catch up or restart, and the one that is doing so.
    behind: VecDeque<u64>,
    catching_up: Option<CatchUp<S>>,
}

#[derive(Debug)]
struct ActiveSubscription<S> {
    handle: Arc<SubscriptionHandle>,
    encoder: EventEncoder,
    scope: S,
    /// Whether it was evaluated for another identity. It delivers nothing until it has restarted.
    is_stale: bool,
}

/// A delivery that is being written.
#[derive(Debug)]
struct ActiveDelivery {
    id: u64,
    /// Everything up to this commit was delivered before.
    from: u64,
    delivery: Delivery,
    /// Whether commits may follow without another notification from the broker.
    more: bool,
}

/// A subscription that reads the commits that it missed, or restarts.
struct CatchUp<S> {
    id: u64,
    from: u64,
    future: BoxFuture<'static, CatchUpResult<S>>,
}

enum CatchUpResult<S> {
    Missed(Delivery),
    Restarted(Result<RestartedSubscription<S>>),
}

impl<S: Send + 'static> DeliveryQueue<S> {
    pub(crate) fn new(connection: Arc<ConnectionSubscriptions>) -> Self {
        Self {
            connection,
            subscriptions: SortedVecMap::new(),
            is_used: false,
            starting: VecDeque::new(),
            transient: VecDeque::new(),
            ready: VecDeque::new(),
            current: None,
            behind: VecDeque::new(),
            catching_up: None,
        }
    }

    /// Begins a subscription after its reply was written. If it is stale by then, it restarts.
    pub(crate) fn begin(&mut self, subscription: NewSubscription<S>, is_stale: bool) {
        let NewSubscription {
            handle,
            encoder,
            seq,
            remaining,
            scope,
        } = subscription;
        let id = handle.id();
        let active = ActiveSubscription {
            handle: Arc::new(handle),
            encoder,
            scope,
            is_stale,
        };
        self.subscriptions.insert(id, active);
        self.is_used = true;
        if is_stale {
            self.behind.push_back(id);
        } else if remaining.is_done() {
            // Commits may have arrived before the reply was written.
            self.ready.push_back(id);
        } else {
            self.starting.push_back(ActiveDelivery {
                id,
                from: seq.saturating_sub(1),
                delivery: remaining,
                more: true,
            });
        }
    }

    /// Ends the subscription with this `ack_id`. Its pending events are dropped.
    pub(crate) fn end(&mut self, ack_id: &str) {
        let is_meant = |it: &ActiveSubscription<S>| &*it.encoder.ack_id.ack_id == ack_id;
        let ended = self.subscriptions.iter().find(|(_, it)| is_meant(it));
        let id = ended.map(|(id, _)| id);
        if let Some(id) = id {
            self.remove(id);
        }
    }

    /// Restarts the subscriptions whose scope is no longer current. Their pending events are
    /// dropped.
    pub(crate) fn restart_unless(&mut self, is_current: impl Fn(&S) -> bool) {
        let stale = self.subscriptions.iter();
        let stale = stale.filter(|(_, it)| it.is_stale || !is_current(&it.scope));
        let stale: Vec<_> = stale.map(|(id, _)| id).collect();
        for &id in &stale {
            self.drop_pending(id);
            self.behind.push_back(id);
            if let Some(subscription) = self.subscriptions.get_mut(id) {
                subscription.is_stale = true;
            }
        }
    }

    /// How many subscriptions have not delivered their complete initial result.
    pub(crate) fn starting(&self) -> usize {
        self.starting.len()
    }

    /// Waits until there is something to deliver. `restart` registers a subscription again.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        restart: impl Fn(&S) -> BoxFuture<'static, Result<RestartedSubscription<S>>>,
    ) -> Poll<()> {
        if !self.is_used {
            return Poll::Pending;
        }
        // The connection polls again before it waits, so the waker is registered in any case.
        let _ = self
            .connection
            .poll_ready(cx, &mut self.ready, &mut self.transient);
        if self.current.is_none() {
            self.poll_catching_up(cx, restart);
        }
        let has_some = self.current.is_some()
            || !self.starting.is_empty()
            || !self.transient.is_empty()
            || !self.ready.is_empty();
        if has_some {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn poll_catching_up(
        &mut self,
        cx: &mut Context<'_>,
        restart: impl Fn(&S) -> BoxFuture<'static, Result<RestartedSubscription<S>>>,
    ) {
        while self.catching_up.is_none()
            && let Some(id) = self.behind.pop_front()
        {
            let Some(subscription) = self.subscriptions.get(id) else {
                continue;
            };
            let handle = subscription.handle.clone();
            let from = handle.pending_position().unwrap_or_default();
            let future = if subscription.is_stale {
                restart(&subscription.scope)
                    .map(CatchUpResult::Restarted)
                    .boxed()
            } else {
                async move { CatchUpResult::Missed(handle.catch_up().await) }.boxed()
            };
            self.catching_up = Some(CatchUp { id, from, future });
        }
        if let Some(CatchUp { id, from, future }) = &mut self.catching_up
            && let Poll::Ready(result) = future.poll_unpin(cx)
        {
            let (id, from) = (*id, *from);
            self.catching_up = None;
            self.current = match result {
                CatchUpResult::Missed(delivery) => Some(ActiveDelivery {
                    id,
                    from,
                    delivery,
                    more: true,
                }),
                CatchUpResult::Restarted(result) => self.finish_restart(id, from, result),
            };
        }
    }

    /// The delivery for a subscription that has restarted or failed to restart.
    fn finish_restart(
        &mut self,
        id: u64,
        from: u64,
        result: Result<RestartedSubscription<S>>,
    ) -> Option<ActiveDelivery> {
        let mut subscription = self.subscriptions.remove(id)?;
        let (id, delivery) = match result {
            Ok(restarted) => {
                subscription.handle = Arc::new(restarted.handle);
                subscription.scope = restarted.scope;
                subscription.is_stale = false;
                let id = subscription.handle.id();
                (id, Delivery::reset(restarted.result))
            }
            Err(error) => (id, subscription.handle.ended(error)),
        };
        self.subscriptions.insert(id, subscription);
        Some(ActiveDelivery {
            id,
            from,
            delivery,
            more: true,
        })
    }

    /// Selects the delivery to write next. Returns whether there is one.
    pub(crate) fn select_next(&mut self) -> bool {
        while !self.has_current() {
            let Some(id) = self.ready.pop_front() else {
                return false;
            };
            // Missed commits precede new ones. The subscription becomes ready again after them.
            if self.is_catching_up(id) {
                continue;
            }
            let Some(subscription) = self.subscriptions.get(id) else {
                continue;
            };
            match subscription.handle.take() {
                NextEvents::Nothing => {}
                NextEvents::Behind => self.behind.push_back(id),
                NextEvents::Commits { matches, more } => {
                    self.current = Some(ActiveDelivery {
                        id,
                        from: matches.first().map_or(0, Match::from),
                        delivery: Delivery::commits(matches),
                        more,
                    });
                }
            }
        }
        true
    }

    /// The selected delivery, with the encoder for its next frame.
    pub(crate) fn selected(&mut self) -> Option<(&mut Delivery, &EventEncoder)> {
        let ActiveDelivery { id, delivery, .. } = self.current.as_mut()?;
        let subscription = self.subscriptions.get(*id)?;
        Some((delivery, &subscription.encoder))
    }

    /// The commit, at most `head`, up to which all subscriptions have delivered everything.
    pub(crate) fn delivered_up_to(&self, head: u64) -> u64 {
        let deliveries = self.current.iter().chain(&self.starting);
        let delivering = deliveries.map(ActiveDelivery::delivered_up_to);
        let catching_up = self.catching_up.iter().map(|it| it.from);
        let handles = self.subscriptions.iter().map(|(_, it)| &it.handle);
        let pending = handles.filter_map(|handle| handle.pending_position());
        let all = delivering.chain(catching_up).chain(pending);
        all.fold(head, u64::min)
    }

    /// Whether a delivery is in progress or can start at once.
    fn has_current(&mut self) -> bool {
        if self
            .current
            .as_ref()
            .is_some_and(|it| !it.delivery.is_done())
        {
            return true;
        }
        let next = self.starting.pop_front().or_else(|| self.next_transient());
        match std::mem::replace(&mut self.current, next) {
            Some(ActiveDelivery {
                id,
                delivery: Delivery::Ended { .. },
                ..
            }) => self.remove(id),
            // It has more commits, but other subscriptions come first.
            Some(ActiveDelivery { id, more: true, .. }) => self.ready.push_back(id),
            _ => {}
        }
        self.current.is_some()
    }

    fn is_catching_up(&self, id: u64) -> bool {
        let now = self.catching_up.as_ref().map(|it| it.id);
        now == Some(id) || self.behind.contains(&id)
    }

    fn next_transient(&mut self) -> Option<ActiveDelivery> {
        while let Some((id, event)) = self.transient.pop_front() {
            if self.subscriptions.get(id).is_some_and(|it| !it.is_stale) {
                return Some(ActiveDelivery {
                    id,
                    from: u64::MAX,
                    delivery: Delivery::Transient(Some(event)),
                    more: false,
                });
            }
        }
        None
    }

    fn remove(&mut self, id: u64) {
        self.subscriptions.remove(id);
        self.drop_pending(id);
    }

    /// Drops everything that a subscription has not delivered.
    fn drop_pending(&mut self, id: u64) {
        self.current.take_if(|it| it.id == id);
        self.starting.retain(|it| it.id != id);
        self.behind.retain(|&behind| behind != id);
        self.catching_up.take_if(|it| it.id == id);
    }
}

impl ActiveDelivery {
    /// The commit up to which everything was delivered; `u64::MAX` if the delivery is done.
    fn delivered_up_to(&self) -> u64 {
        match &self.delivery {
            delivery if delivery.is_done() => u64::MAX,
            Delivery::Commits { matches, .. } => matches.front().map_or(self.from, Match::from),
            _ => self.from,
        }
    }
}
