//! What one connection has to look after: which of its subscriptions have something to tell.

use super::too_many;
use crate::core::error::{Error, ErrorKind, Result};
use crate::store::commit::Emitted;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// How many events that are in no commit wait for one connection; further ones are lost to it.
const MAX_UNLOGGED: usize = 64;

/// The subscriptions of one connection.
#[derive(Debug, Default)]
pub(crate) struct Outlet {
    waiting: Mutex<Waiting>,
    /// The `ack_id` of each subscription, as it was written, and the resources that its end may be
    /// asked of.
    claimed: Mutex<HashMap<Box<str>, [&'static str; 2]>>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The numbers of those that have something to tell.
    ready: VecDeque<u64>,
    /// Events that are in no commit, each with the number of the subscription.
    unlogged: VecDeque<Unlogged>,
    waker: Option<Waker>,
}

/// An event that is in no commit, and the number of the subscription that is told of it.
pub(crate) type Unlogged = (u64, Arc<Emitted>);

/// The `ack_id` of a subscription, which is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    outlet: Arc<Outlet>,
    pub(crate) ack: Box<str>,
}

impl Outlet {
    /// Takes `ack` for a subscription to records of one resource that was asked of another, or of
    /// the same.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] where another subscription has it, [`ErrorKind::TooMany`] where there
    /// are as many as may be.
    pub(crate) fn claim(
        self: &Arc<Self>,
        ack: &str,
        resources: [&'static str; 2],
        most: usize,
    ) -> Result<Claim> {
        let mut claimed = lock(&self.claimed);
        if claimed.contains_key(ack) {
            let message = format!("the subscription {ack} of this connection has this ack_id");
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        if claimed.len() >= most {
            return Err(too_many(
                "subscriptions of this connection",
                "max_subscriptions",
                most,
            ));
        }
        claimed.insert(ack.into(), resources);
        Ok(Claim {
            outlet: self.clone(),
            ack: ack.into(),
        })
    }

    /// Whether a subscription of this `ack_id` can be ended by a request to `resource`.
    pub(crate) fn has(&self, ack: &str, resource: &str) -> bool {
        let claimed = lock(&self.claimed);
        let resources = claimed.get(ack);
        resources.is_some_and(|resources| resources.contains(&resource))
    }

    /// Whether there is any subscription.
    pub(crate) fn is_used(&self) -> bool {
        !lock(&self.claimed).is_empty()
    }

    /// Notes that a subscription has something to tell; hands back whom to wake.
    pub(super) fn ready(&self, id: u64) -> Option<Waker> {
        let mut waiting = lock(&self.waiting);
        waiting.ready.push_back(id);
        waiting.waker.take()
    }

    /// Takes an event that is in no commit, where there is room for it; hands back whom to wake.
    pub(super) fn broadcast(&self, id: u64, event: &Arc<Emitted>) -> Option<Waker> {
        let mut waiting = lock(&self.waiting);
        if waiting.unlogged.len() == MAX_UNLOGGED {
            return None;
        }
        waiting.unlogged.push_back((id, event.clone()));
        waiting.waker.take()
    }

    /// Waits for subscriptions that have something to tell, and adds them to `ready`, and events
    /// that are in no commit to `unlogged`.
    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        ready: &mut VecDeque<u64>,
        unlogged: &mut VecDeque<Unlogged>,
    ) -> Poll<()> {
        let mut waiting = lock(&self.waiting);
        if !waiting.ready.is_empty() || !waiting.unlogged.is_empty() {
            unlogged.extend(waiting.unlogged.drain(..));
            if ready.is_empty() {
                std::mem::swap(ready, &mut waiting.ready);
            } else {
                ready.append(&mut waiting.ready);
            }
            return Poll::Ready(());
        }
        match &mut waiting.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            waker @ None => *waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that can panic runs under either lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Claim {
    fn drop(&mut self) {
        lock(&self.outlet.claimed).remove(&self.ack);
    }
}
