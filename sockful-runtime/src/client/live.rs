//! A live query as the set of records that there are.

use super::event::{LiveChange, RawEvent};
use super::subscription::SubscriptionReader;
use crate::core::error::Result;
use crate::model::key::Key;
use crate::model::resource::Resource;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;

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
        Some(commit.and_then(|commit| {
            // All of it can be read, or none of it happens.
            let changes = commit.into_iter().map(RawEvent::change);
            let changes: Vec<LiveChange<R>> = changes.collect::<Result<_>>()?;
            for change in changes {
                self.take(change);
            }
            Ok(())
        }))
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
