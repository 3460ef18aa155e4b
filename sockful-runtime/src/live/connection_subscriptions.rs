//! The subscriptions of one connection: their `ack_id`s, and which of them have events to deliver.

use crate::core::error::{Error, ErrorKind, Result};
use crate::store::commit::Emitted;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The maximum number of transient events that wait for one connection; further ones are dropped.
const MAX_TRANSIENT_EVENTS: usize = 64;

/// The subscriptions of one connection, shared by the broker, which marks those with new events as
/// ready, and the connection, which delivers them.
#[derive(Debug, Default)]
pub(crate) struct ConnectionSubscriptions {
    ready: Mutex<ReadyQueue>,
    /// The `ack_id` of each subscription as raw JSON, and the resources that accept `unsubscribe`
    /// for it.
    ack_ids: Mutex<HashMap<Box<str>, [&'static str; 2]>>,
    /// The cost of comparisons for its subscriptions in bytes, as far as it was not charged.
    work: AtomicUsize,
}

#[derive(Debug, Default)]
struct ReadyQueue {
    /// The ids of subscriptions with new commits.
    ids: VecDeque<u64>,
    transient: VecDeque<TransientEvent>,
    waker: Option<Waker>,
}

/// An event that belongs to no commit, with the id of the subscription that receives it.
pub(crate) type TransientEvent = (u64, Arc<Emitted>);

/// Reserves the `ack_id` of a subscription until it is dropped.
#[derive(Debug)]
pub(crate) struct AckIdGuard {
    subscriptions: Arc<ConnectionSubscriptions>,
    pub(crate) ack_id: Box<str>,
}

impl ConnectionSubscriptions {
    /// Reserves `ack_id` for a subscription. `resources` are the resource that the request named
    /// and the resource of the records.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] if another subscription of the connection uses it,
    /// [`ErrorKind::TooMany`] if the connection has `max` subscriptions.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        ack_id: &str,
        resources: [&'static str; 2],
        max: usize,
    ) -> Result<AckIdGuard> {
        let mut reserved = lock(&self.ack_ids);
        if reserved.contains_key(ack_id) {
            let message =
                format!("the ack_id {ack_id} is already used by a subscription of this connection");
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        if reserved.len() >= max {
            let what = "subscriptions of this connection";
            return Err(Error::over_limit(what, "max_subscriptions", max));
        }
        reserved.insert(ack_id.into(), resources);
        Ok(AckIdGuard {
            subscriptions: self.clone(),
            ack_id: ack_id.into(),
        })
    }

    /// Whether a request to `resource` can end a subscription with this `ack_id`.
    pub(crate) fn contains(&self, ack_id: &str, resource: &str) -> bool {
        let reserved = lock(&self.ack_ids);
        let resources = reserved.get(ack_id);
        resources.is_some_and(|resources| resources.contains(&resource))
    }

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.ack_ids).is_empty()
    }

    /// Adds the cost of comparisons for its subscriptions, in bytes.
    pub(super) fn add_work(&self, bytes: usize) {
        self.work.fetch_add(bytes, Relaxed);
    }

    /// Takes the cost of comparisons since the last call, in whole units of `unit` bytes.
    pub(crate) fn take_work(&self, unit: usize) -> usize {
        let work = self.work.load(Relaxed);
        if work < unit {
            return 0;
        }
        let units = work / unit;
        self.work.fetch_sub(units * unit, Relaxed);
        units
    }

    /// Marks a subscription as ready. Returns the waker of the connection if it waits.
    pub(super) fn mark_ready(&self, id: u64) -> Option<Waker> {
        let mut ready = lock(&self.ready);
        ready.ids.push_back(id);
        ready.waker.take()
    }

    /// Queues a transient event unless the queue is full. Returns the waker of the connection if it
    /// waits.
    pub(super) fn broadcast(&self, id: u64, event: &Arc<Emitted>) -> Option<Waker> {
        let mut ready = lock(&self.ready);
        if ready.transient.len() == MAX_TRANSIENT_EVENTS {
            return None;
        }
        ready.transient.push_back((id, event.clone()));
        ready.waker.take()
    }

    /// Waits for subscriptions with new events. Appends the ids of those with new commits to `ids`,
    /// and transient events to `transient`.
    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        ids: &mut VecDeque<u64>,
        transient: &mut VecDeque<TransientEvent>,
    ) -> Poll<()> {
        let mut ready = lock(&self.ready);
        if !ready.ids.is_empty() || !ready.transient.is_empty() {
            transient.extend(ready.transient.drain(..));
            if ids.is_empty() {
                std::mem::swap(ids, &mut ready.ids);
            } else {
                ids.append(&mut ready.ids);
            }
            return Poll::Ready(());
        }
        match &mut ready.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            waker @ None => *waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code that can panic runs under either lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for AckIdGuard {
    fn drop(&mut self) {
        lock(&self.subscriptions.ack_ids).remove(&self.ack_id);
    }
}
