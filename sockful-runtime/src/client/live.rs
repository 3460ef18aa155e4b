//! A live query as the set of records that there are.

use super::event::{LiveChange, RawEvent};
use super::inbox::CommitEvents;
use super::subscription::SubscriptionReader;
use crate::core::error::Result;
use crate::model::key::Key;
use crate::model::resource::Resource;
use futures_util::FutureExt;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

/// The records that meet some conditions, as they are: a live query that keeps itself.
///
/// It changes where [`changed`](Self::changed) is awaited, by whole commits, and in between it is
/// whatever it was: a view of one moment.
pub struct Live<R: Resource> {
    reader: SubscriptionReader,
    records: BTreeMap<String, R>,
}

impl<R: Resource> Live<R> {
    pub(super) fn new(reader: SubscriptionReader) -> Self {
        Self {
            reader,
            records: BTreeMap::new(),
        }
    }

    /// Waits for the next commit and takes it in: the first time for the records that there are.
    /// `None` when the client is closed.
    ///
    /// # Errors
    ///
    /// Why the server does not serve it, or not any more. The records stay what they were.
    pub async fn changed(&mut self) -> Option<Result<()>> {
        let commit = poll_fn(|cx| self.reader.poll_commit(cx)).await?;
        Some(commit.and_then(|commit| self.apply(commit)))
    }

    /// Takes in commits until the records are as of commit `seq`, such as that of a write whose
    /// [`Reply`](super::Reply) has arrived: the event of a commit may arrive after the reply. `None`
    /// when the client is closed.
    ///
    /// # Errors
    ///
    /// As for [`changed`](Self::changed).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the commits that it has taken in stay.
    pub async fn until(&mut self, seq: u64) -> Option<Result<()>> {
        let mut reached = self.reader.reached(seq);
        let (mut is_reached, mut is_over) = (false, false);
        while !is_reached {
            tokio::select! {
                biased;
                commit = poll_fn(|cx| self.reader.poll_commit(cx)) => {
                    if let Err(error) = commit?.and_then(|commit| self.apply(commit)) {
                        return Some(Err(error));
                    }
                }
                // Without a subscription there is none to report it; the reader says why.
                result = &mut reached, if !is_over => match result {
                    Ok(()) => is_reached = true,
                    Err(_) => is_over = true,
                },
            }
        }
        // The events up to `seq` are in the inbox; take those that have not been taken.
        let next =
            |live: &mut Self| poll_fn(|cx| Poll::Ready(live.reader.poll_commit(cx))).now_or_never();
        while let Some(Poll::Ready(commit)) = next(self) {
            if let Err(error) = commit?.and_then(|commit| self.apply(commit)) {
                return Some(Err(error));
            }
        }
        Some(Ok(()))
    }

    /// Takes in a commit: if one of its events cannot be read, none of them.
    fn apply(&mut self, commit: CommitEvents) -> Result<()> {
        let changes = commit.into_iter().map(RawEvent::change);
        let changes: Vec<LiveChange<R>> = changes.collect::<Result<_>>()?;
        for change in changes {
            self.take(change);
        }
        Ok(())
    }

    fn take(&mut self, change: LiveChange<R>) {
        match change {
            LiveChange::ReplaceAll(records) => self.records = records.into_iter().collect(),
            LiveChange::Put(id, record) => drop(self.records.insert(id, record)),
            LiveChange::Remove(id) => drop(self.records.remove(&id)),
            LiveChange::None => {}
        }
    }

    /// The record of this id, where it is among them.
    pub fn get(&self, id: &R::Id) -> Option<&R> {
        self.records.get(&*id.text())
    }

    /// All of them, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &R> {
        self.records.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl<R: Resource> fmt::Debug for Live<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("len", &self.len()).finish()
    }
}
