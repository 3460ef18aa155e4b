//! A live query as a stream of events.

use super::Shared;
use super::driver::Command;
use super::event::{ClientEvent, Told};
use super::inbox::{Commit, Inbox};
use crate::core::error::{Error, Result};
use crate::model::resource::Resource;
use futures_util::Stream;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

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
    follower: Follower,
    commit: std::vec::IntoIter<Told>,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Subscription<R> {
    pub(super) fn new(follower: Follower) -> Self {
        Self {
            follower,
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
            if let Some(told) = self.commit.next() {
                return Poll::Ready(Some(told.read()));
            }
            match ready!(self.follower.poll_commit(cx)) {
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

/// The reading end of a subscription, which ends it when it is dropped.
pub(super) struct Follower {
    shared: Arc<Shared>,
    inbox: Arc<Inbox>,
}

impl Follower {
    /// Subscribes.
    pub(super) fn new(
        shared: &Arc<Shared>,
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

    pub(super) fn poll_commit(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Commit, Error>>> {
        self.inbox.poll_next(cx, || {
            self.shared.command(Command::Return(self.inbox.number));
        })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.command(Command::Unsubscribe(self.inbox.number));
    }
}
