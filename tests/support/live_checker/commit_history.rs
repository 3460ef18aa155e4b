//! All commits of a store in order, including those that were removed from its log.

use serde_json::Value;
use sockful::store::{Committed, RecordChange};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// All commits; the first has sequence number 1.
pub(crate) type Commits = Vec<Commit>;

/// A commit, as clients see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Commit {
    pub(crate) changed: Vec<ChangedRecord>,
    pub(crate) emitted: Vec<EmittedEvent>,
}

/// One record in a commit.
#[derive(Clone, Debug)]
pub(crate) struct ChangedRecord {
    /// The index of the resource in the served list.
    pub(crate) place: usize,
    pub(crate) id: String,
    pub(crate) before: Option<Arc<Value>>,
    pub(crate) after: Option<Arc<Value>>,
}

/// A declared event of a record.
#[derive(Clone, Debug)]
pub(crate) struct EmittedEvent {
    pub(crate) place: usize,
    /// The index of the event among those of its resource.
    pub(crate) event: usize,
    /// The record after the commit, or before it if the record was destroyed.
    pub(crate) record: Arc<Value>,
    pub(crate) data: Value,
    /// Whether the record was destroyed.
    pub(crate) is_last: bool,
}

/// All commits of a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommitHistory(Arc<Mutex<BTreeMap<u64, Arc<Committed>>>>);

impl CommitHistory {
    pub(super) fn record(&self, committed: &Arc<Committed>) {
        if committed.is_empty() {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.insert(committed.seq, committed.clone());
        assert!(
            before.is_none(),
            "commit {} is recorded twice",
            committed.seq
        );
    }

    /// Returns all commits up to sequence number `head`.
    pub(crate) async fn up_to(&self, head: u64) -> Commits {
        let all = super::super::within("the commits", async {
            loop {
                if let Some(all) = self.get(head) {
                    return all;
                }
                tokio::task::yield_now().await;
            }
        });
        all.await.iter().map(|it| Commit::of(it)).collect()
    }

    fn get(&self, head: u64) -> Option<Vec<Arc<Committed>>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<_> = all.range(..=head).map(|(_, it)| it.clone()).collect();
        (all.len() as u64 == head).then_some(all)
    }
}

impl Commit {
    fn of(committed: &Committed) -> Self {
        let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let changed = committed.changes.iter().map(|change: &RecordChange| {
            let record = change.after.as_ref().or(change.before.as_ref());
            let sent = |it: &Arc<_>| Arc::new(json(sockful::store::Record::sent(it)));
            ChangedRecord {
                place: change.resource,
                id: record.expect("a record").id().to_owned(),
                before: change.before.as_ref().map(sent),
                after: change.after.as_ref().map(sent),
            }
        });
        let emitted = committed.emitted.iter().map(|event| {
            let id = event.record.id();
            let mut all = committed.changes.iter();
            let is_destroyed = all.any(|it| {
                let before = it.before.as_ref().filter(|_| it.after.is_none());
                it.resource == event.resource && before.is_some_and(|it| it.id() == id)
            });
            EmittedEvent {
                place: event.resource,
                event: event.event,
                record: Arc::new(json(event.record.sent())),
                data: json(&event.data),
                is_last: is_destroyed,
            }
        });
        Self {
            changed: changed.collect(),
            emitted: emitted.collect(),
        }
    }
}
