//! A live query as a stream of events.

use super::ClientInner;
use super::command::Command;
use super::event::{ClientEvent, RawEvent};
use super::inbox::{CommitEvents, Inbox};
use crate::core::error::{Error, Result};
use crate::model::resource::Resource;
use futures_util::Stream;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::oneshot;

/// A live query: a stream of [`ClientEvent`]s, the first of which is a [`Reset`](ClientEvent::Reset) with the
/// records that there are.
///
/// It goes over connections: what happened in between is told, or there is another reset. Nothing is
/// missed and nothing is told twice. Events of one commit follow one another, and are there at once.
/// Whoever does not read leaves the server after [`max_events`](super::Builder::max_events), and goes
/// on where it was when it has read them.
///
/// The stream ends when the client is closed; after an error where the server ended it.
pub struct Subscription<R> {
    reader: SubscriptionReader,
    commit: std::vec::IntoIter<RawEvent>,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Subscription<R> {
    pub(super) fn new(reader: SubscriptionReader) -> Self {
        Self {
            reader,
            commit: Vec::new().into_iter(),
            resource: PhantomData,
        }
    }

    /// The next event; `None` when the client is closed.
    ///
    /// # Errors
    ///
    /// Why the server does not serve it, or not any more. Nothing follows.
    pub async fn next(&mut self) -> Option<Result<ClientEvent<R>>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<R: Resource> Stream for Subscription<R> {
    type Item = Result<ClientEvent<R>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.commit.next() {
                return Poll::Ready(Some(event.read()));
            }
            match ready!(self.reader.poll_commit(cx)) {
                Some(Ok(commit)) => self.commit = commit.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<R> fmt::Debug for Subscription<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

/// Reads the events of a subscription, and ends it when dropped.
pub(super) struct SubscriptionReader {
    shared: Arc<ClientInner>,
    inbox: Arc<Inbox>,
}

impl SubscriptionReader {
    /// Subscribes.
    pub(super) fn new(
        shared: &Arc<ClientInner>,
        resource: &'static str,
        action: &'static str,
        payload: Result<String>,
    ) -> Self {
        let inbox = Inbox::new(shared.next_id(), shared.max_events);
        match payload {
            Err(error) => inbox.end(Some(error)),
            Ok(payload) => {
                let command = Command::Subscribe {
                    inbox: inbox.clone(),
                    resource,
                    action,
                    payload,
                };
                if !shared.command(command) {
                    inbox.end(None);
                }
            }
        }
        Self {
            shared: shared.clone(),
            inbox,
        }
    }

    /// Completes when the subscription is complete up to a commit: its events are in the inbox.
    pub(super) fn reached(&self, seq: u64) -> oneshot::Receiver<()> {
        let (reached, is_reached) = oneshot::channel();
        self.shared.command(Command::WaitUntil {
            number: self.inbox.number,
            seq,
            reached,
        });
        is_reached
    }

    pub(super) fn poll_commit(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<CommitEvents, Error>>> {
        self.inbox.poll_next(cx, || {
            self.shared
                .command(Command::ResumeSubscription(self.inbox.number));
        })
    }
}

impl Drop for SubscriptionReader {
    fn drop(&mut self) {
        self.shared.command(Command::Unsubscribe(self.inbox.number));
    }
}
