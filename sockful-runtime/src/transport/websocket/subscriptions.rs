//! The subscriptions of a connection, restarted when the identity of its client changes.

use super::socket::Socket;
use crate::dispatch::SubscriptionScope;
use crate::engine::session::Session;
use crate::live::{DeliveryQueue, NewSubscription};
use crate::store::scan::ScanOwner;
use crate::store::scan::visits::ScanWork;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};

/// Comparisons for subscriptions are charged in units of this many bytes.
const CHARGED_AT_ONCE: usize = 1024;

/// The subscriptions of a connection.
pub(super) struct SessionSubscriptions {
    session: Arc<Session>,
    queue: DeliveryQueue<SubscriptionScope>,
    /// The generation of the identity that the subscriptions were evaluated for.
    generation: u64,
}

impl SessionSubscriptions {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self {
            generation: session.identity().generation(),
            queue: DeliveryQueue::new(session.subscriptions.clone()),
            session,
        }
    }

    /// Begins a subscription after its reply was written.
    pub(super) fn begin(&mut self, subscription: NewSubscription<SubscriptionScope>) {
        let is_stale = !subscription.scope.is_current(&self.session);
        self.queue.begin(subscription, is_stale);
    }

    /// Ends the subscription with this `ack_id`. Its pending events are dropped.
    pub(super) fn end(&mut self, ack_id: &str) {
        self.queue.end(ack_id);
    }

    /// Restarts the subscriptions whose result may differ for the client's current identity.
    pub(super) fn restart_stale(&mut self) {
        self.generation = self.session.identity().generation();
        self.queue
            .restart_unless(|scope| scope.is_current(&self.session));
    }

    /// How many subscriptions have not delivered their complete initial result.
    pub(super) fn starting(&self) -> usize {
        self.queue.starting()
    }

    /// Waits until there is something to deliver.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let session = &self.session;
        let units = session.subscriptions.take_work(CHARGED_AT_ONCE);
        if units > 0 {
            session.rate_bucket().charge(ScanWork {
                records: 0,
                bytes: units * CHARGED_AT_ONCE,
            });
        }
        self.queue.poll(cx, |scope| scope.restart(session))
    }

    /// Writes the next frame to the output buffer. Returns `false` if there is none.
    pub(super) fn deliver<S>(&mut self, socket: &mut Socket<S>) -> bool
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if !self.queue.select_next() {
            return false;
        }
        // The identity may have changed before the selected commits were made.
        if self.generation != self.session.identity().generation() {
            self.restart_stale();
        } else if let Some((delivery, encoder)) = self.queue.selected() {
            socket.push(|out| delivery.write(encoder, out));
        }
        true
    }

    /// The commit, at most `head`, up to which all subscriptions have delivered everything.
    pub(super) fn delivered_up_to(&self, head: u64) -> u64 {
        self.queue.delivered_up_to(head)
    }
}
