//! A live query as the current set of records.

use super::decode::KeyedRecord;
use super::event::{LiveChange, RawEvent};
use super::inbox::CommitEvents;
use super::subscription::SubscriptionReader;
use crate::core::error::Result;
use crate::model::key::Key;
use crate::model::resource::Resource;
use crate::query::{QueryOrder, SortKeys};
use futures_util::FutureExt;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

/// The current set of records that match a filter, or the first of them in an order.
///
/// It changes only while [`changed`](Self::changed) is awaited, by whole commits. In between it is a
/// consistent view of one commit.
pub struct Live<R: Resource> {
    reader: SubscriptionReader,
    /// The sort keys; the id is the last one.
    order: Vec<QueryOrder>,
    records: BTreeMap<String, Entry<R>>,
    /// The ids in the order of the records, if that is not the order of the ids.
    sorted: Vec<String>,
}

struct Entry<R> {
    keys: SortKeys<'static>,
    record: R,
}

impl<R: Resource> Live<R> {
    pub(super) fn new(reader: SubscriptionReader) -> Self {
        Self::sorted(reader, Vec::new())
    }

    /// A set that is sorted by these keys.
    pub(super) fn sorted(reader: SubscriptionReader, order: Vec<QueryOrder>) -> Self {
        Self {
            reader,
            order,
            records: BTreeMap::new(),
            sorted: Vec::new(),
        }
    }

    /// Waits for the next commit and applies it; the first time, waits for the initial records. Returns
    /// `None` when the client is closed.
    ///
    /// # Errors
    ///
    /// The reason why the server rejects or ends the subscription, or a commit that can't be
    /// deserialized, which ends the subscription. The records stay as they were, and nothing follows.
    pub async fn changed(&mut self) -> Option<Result<()>> {
        let commit = poll_fn(|cx| self.reader.poll_commit(cx)).await?;
        Some(commit.and_then(|commit| self.apply(commit)))
    }

    /// Applies commits until the records reflect commit `seq`, such as that of a write whose
    /// [`Reply`](super::Reply) has arrived: the event of a commit may arrive after the reply. Returns
    /// `None` when the client is closed.
    ///
    /// # Errors
    ///
    /// As for [`changed`](Self::changed).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the commits that it has applied stay applied.
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
                // After the subscription has ended nothing reports this; the reader returns the reason.
                result = &mut reached, if !is_over => match result {
                    Ok(()) => is_reached = true,
                    Err(_) => is_over = true,
                },
            }
        }
        // The events up to `seq` are in the inbox; apply the remaining ones.
        let next =
            |live: &mut Self| poll_fn(|cx| Poll::Ready(live.reader.poll_commit(cx))).now_or_never();
        while let Some(Poll::Ready(commit)) = next(self) {
            if let Err(error) = commit?.and_then(|commit| self.apply(commit)) {
                return Some(Err(error));
            }
        }
        Some(Ok(()))
    }

    /// Applies a commit. If one of its events can't be deserialized, none of them is applied, and the
    /// subscription ends: later commits would change an incomplete set of records.
    fn apply(&mut self, commit: CommitEvents) -> Result<()> {
        let order = &self.order;
        let changes = commit
            .into_iter()
            .map(|event: RawEvent| event.change(order));
        let changes: Result<Vec<LiveChange<R>>> = changes.collect();
        for change in changes.inspect_err(|_| self.reader.unsubscribe())? {
            self.take(change);
        }
        self.sort();
        Ok(())
    }

    fn sort(&mut self) {
        if self.order.is_empty() {
            return;
        }
        let mut entries: Vec<_> = self.records.iter().collect();
        entries.sort_by(|(a, of_a), (b, of_b)| of_a.keys.compare(&of_b.keys, &self.order, (a, b)));
        self.sorted = entries.into_iter().map(|(id, _)| id.clone()).collect();
    }

    fn put(&mut self, KeyedRecord { id, keys, record }: KeyedRecord<R>) {
        self.records.insert(id, Entry { keys, record });
    }

    fn take(&mut self, change: LiveChange<R>) {
        match change {
            LiveChange::ReplaceAll(records) => {
                self.records.clear();
                for record in records {
                    self.put(record);
                }
            }
            LiveChange::Put(record) => self.put(record),
            LiveChange::Remove(id) => drop(self.records.remove(&id)),
            LiveChange::None => {}
        }
    }

    /// Returns the record with this id, if it is in the set.
    pub fn get(&self, id: &R::Id) -> Option<&R> {
        let entry = self.records.get(&*id.text())?;
        Some(&entry.record)
    }

    /// Returns all records, in the order of the query: that of their ids unless it has another.
    pub fn iter(&self) -> impl Iterator<Item = &R> {
        let sorted = self.sorted.iter().filter_map(|id| self.records.get(id));
        let by_id = self.order.is_empty().then(|| self.records.values());
        let entries = sorted.chain(by_id.into_iter().flatten());
        entries.map(|entry| &entry.record)
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Returns whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl<R: Resource> fmt::Debug for Live<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("len", &self.len()).finish()
    }
}
