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

/// A live query: a stream of [`ClientEvent`]s that begins with a [`Reset`](ClientEvent::Reset) with the
/// current records.
///
/// It continues across connections: missed changes are sent afterwards, or there is another reset. No
/// event is missed or delivered twice. The events of one commit are consecutive, and available
/// together. If the application does not read, the client unsubscribes after
/// [`max_events`](super::Builder::max_events), and resumes where it was once they have been read.
///
/// The stream ends when the client is closed, or with an error if the server ends the subscription or an
/// event can't be deserialized: without it the later ones would describe an incomplete set of records.
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

    /// Returns the next event; `None` when the client is closed.
    ///
    /// # Errors
    ///
    /// The reason why the server rejects or ends the subscription, or an event that can't be
    /// deserialized, which ends the subscription. Nothing follows.
    pub async fn next(&mut self) -> Option<Result<ClientEvent<R>>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<R: Resource> Stream for Subscription<R> {
    type Item = Result<ClientEvent<R>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.commit.next() {
                let event = event.read();
                if event.is_err() {
                    self.commit = Vec::new().into_iter();
                    self.reader.unsubscribe();
                }
                return Poll::Ready(Some(event));
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

    /// Completes when all events up to a commit are in the inbox.
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

impl SubscriptionReader {
    /// Ends the subscription here and on the server. Nothing is read from it any more.
    pub(super) fn unsubscribe(&self) {
        self.inbox.abandon();
        self.shared.command(Command::Unsubscribe(self.inbox.number));
    }
}

impl Drop for SubscriptionReader {
    fn drop(&mut self) {
        self.unsubscribe();
    }
}
