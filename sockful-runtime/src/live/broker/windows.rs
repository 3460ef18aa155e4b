//! Reads live windows and live counts from the store.

use super::{Broker, BrokerState};
use crate::core::error::{Error, ErrorKind, Result};
use crate::live::group_count::change_count;
use crate::live::initial_result::InitialResult;
use crate::live::live_query::{CommitValues, LiveQuery};
use crate::live::window::{Window, WindowOutcome, WindowRecords};
use crate::live::window_group::changes;
use crate::model::record::Record;
use crate::query::Query;
use crate::store::Found;
use crate::store::commit::Committed;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::task::Waker;
use tokio::task::yield_now;

/// How often a window is read before the subscription gives up because it changes too fast.
const MAX_READS: usize = 8;

/// The maximum number of commits that are evaluated under the lock of the broker.
const MAX_LOCKED: usize = 16;

/// The cost of a record that is visited to fill a window, in bytes that are compared.
const VISIT_WEIGHT: usize = 128;

/// A window that was read from the store and is brought up to the newest distributed commit.
struct ReadWindow {
    records: WindowRecords,
    seq: u64,
    /// Whether the caller can read the records that were not read or have changed since, by id.
    readable: HashMap<Box<str>, bool>,
}

impl Broker {
    /// Returns a window or a count. It is read from the store only if the group does not know it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`] if its records are too large, [`ErrorKind::Unavailable`] if it
    /// changes too fast to be read.
    pub(super) async fn kept_result(&self, group: u64, query: &LiveQuery) -> Result<InitialResult> {
        let asked_at = self.store.head().await?;
        let initial = self
            .state()
            .groups
            .get_mut(group)
            .map(|it| it.initial.clone());
        let initial = initial.unwrap_or_default();
        let _reading = initial.lock().await;
        self.wait_until_published(asked_at).await;
        for _ in 0..MAX_READS {
            if let Some(result) = self.kept(group) {
                return Ok(result);
            }
            self.read_kept(group, query).await?;
        }
        Err(changes_too_fast())
    }

    /// Reads windows again for which too few records are known.
    pub(super) fn refill(self: &Arc<Self>, groups: Vec<u64>) {
        for group in groups {
            let broker = Arc::clone(self);
            tokio::spawn(async move { broker.refill_group(group).await });
        }
    }

    async fn refill_group(&self, group: u64) {
        let Ok(_permit) = self.refills.acquire().await else {
            return;
        };
        let of = self.state().groups.get_mut(group).map(|it| {
            let query = Arc::clone(&it.of.query);
            (it.initial.clone(), query)
        });
        let Some((initial, query)) = of else { return };
        let _reading = initial.lock().await;
        if self.held(group).is_none() {
            return;
        }
        if let Err(error) = self.read_kept(group, &query).await {
            // The subscribers try again, and end if that fails too.
            tracing::debug!(%error, "reading a live window again failed");
            let mut wakers = Vec::new();
            let mut state = self.state();
            let (head, max) = (state.recent.head(), self.limits.fold_after);
            if let Some(group) = state.groups.get_mut(group) {
                group.set_all_behind(head, max, &mut wakers);
            }
            drop(state);
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// The window or the count of a group at the newest distributed commit, if it is known.
    fn kept(&self, group: u64) -> Option<InitialResult> {
        let mut state = self.state();
        let BrokerState { recent, groups, .. } = &mut *state;
        let group = groups.get_mut(group)?;
        let (records, count) = match group.count() {
            Some(count) => (Vec::new(), Some(count)),
            None => (group.window()?.visible().cloned().collect(), None),
        };
        Some(InitialResult {
            records,
            seq: recent.head(),
            at: None,
            resolved: None,
            count,
        })
    }

    /// The records that the subscribers of a group have, while the window is read again.
    fn held(&self, group: u64) -> Option<Vec<Arc<Record>>> {
        let mut state = self.state();
        let held = state.groups.get_mut(group)?.held()?;
        Some(held.records.clone())
    }

    /// Reads a window or a count and sets it in its group. The caller holds the lock of the group's
    /// result.
    async fn read_kept(&self, group: u64, query: &LiveQuery) -> Result<()> {
        for _ in 0..MAX_READS {
            let mut read = if let Some(window) = &query.window {
                Read::Window(self.read_records(group, query, window).await?)
            } else {
                let filter = query.combined_filter();
                let view = self.store.count(query.resource, filter).await?;
                Read::Count(view.value.count, view.seq)
            };
            self.wait_until_published(read.seq()).await;
            loop {
                match self.advance(group, query, read) {
                    Advanced::Done => return Ok(()),
                    Advanced::Partly(partly) => read = partly,
                    // The log moved on, or too many records left meanwhile.
                    Advanced::Outdated => break,
                }
                yield_now().await;
            }
        }
        Err(changes_too_fast())
    }

    async fn read_records(
        &self,
        group: u64,
        query: &LiveQuery,
        window: &Arc<Window>,
    ) -> Result<ReadWindow> {
        let wanted = Query {
            filter: query.combined_filter(),
            order: window.order.clone(),
            limit: window.capacity(),
            skip: 0,
            after: None,
            max_bytes: self.limits.bytes,
        };
        let Some(sent) = self.held(group) else {
            let view = self.store.find(query.resource, wanted).await?;
            return self.read(window, view.value, view.seq, HashMap::new());
        };
        let snapshot = self.store.snapshot(&[query.resource]).await?;
        let found = snapshot.find(query.resource, wanted).await?;
        self.charge(group, found.visited + sent.len());
        let in_window: HashSet<&str> = found.records.iter().map(|record| record.id()).collect();
        let left = sent.iter().map(|record| record.id());
        let left: Vec<Box<str>> = left
            .filter(|id| !in_window.contains(id))
            .map(Box::from)
            .collect();
        let mut readable = HashMap::new();
        if !left.is_empty() {
            let stored = snapshot.get_many(query.resource, left.clone(), usize::MAX);
            for (id, record) in left.into_iter().zip(stored.await?) {
                let is_readable = record.is_some_and(|it| query.read_filter.allows(&it));
                readable.insert(id, is_readable);
            }
        }
        self.read(window, found, snapshot.seq(), readable)
    }

    fn read(
        &self,
        window: &Arc<Window>,
        found: Found,
        seq: u64,
        readable: HashMap<Box<str>, bool>,
    ) -> Result<ReadWindow> {
        if found.more && found.records.len() < window.limit {
            let what = "the records of a live window";
            return Err(Error::too_large(what, "max_snapshot", self.limits.bytes));
        }
        Ok(ReadWindow {
            records: WindowRecords::new(Arc::clone(window), found.records, found.more),
            seq,
            readable,
        })
    }

    /// Applies the commits that were distributed since the result was read, and sets it in its group if
    /// none is left.
    fn advance(&self, group: u64, query: &LiveQuery, mut read: Read) -> Advanced {
        let mut state = self.state();
        let head = state.recent.head();
        let Ok(commits) = state.recent.after(read.seq(), usize::MAX) else {
            return Advanced::Outdated;
        };
        if commits.len() > MAX_LOCKED {
            drop(state);
            return if commits.iter().all(|it| read.apply(query, it)) {
                Advanced::Partly(read)
            } else {
                Advanced::Outdated
            };
        }
        if !commits.iter().all(|it| read.apply(query, it)) {
            return Advanced::Outdated;
        }
        let mut wakers = Vec::new();
        if let Some(group) = state.groups.get_mut(group) {
            match read {
                Read::Count(count, _) => group.set_count(count),
                Read::Window(ReadWindow {
                    records, readable, ..
                }) => {
                    // The others were among the records that were read.
                    let is_readable = |id: &str| readable.get(id).is_none_or(|it| *it);
                    let sent = group.held();
                    let events = sent.and_then(|it| it.events_to(&records, head, is_readable));
                    group.set_window(records, events, self.limits.fold_after, &mut wakers);
                }
            }
        }
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Advanced::Done
    }

    /// Charges the records that were visited to fill a window to one of its subscribers.
    fn charge(&self, group: u64, visited: usize) {
        if let Some(group) = self.state().groups.get_mut(group) {
            group.charge(visited.saturating_mul(VISIT_WEIGHT));
        }
    }
}

/// What was read from the store.
enum Read {
    Window(ReadWindow),
    /// The number of records at a commit.
    Count(usize, u64),
}

impl Read {
    fn seq(&self) -> u64 {
        match self {
            Self::Window(window) => window.seq,
            Self::Count(_, seq) => *seq,
        }
    }

    /// Applies the next commit. Returns whether enough is known.
    fn apply(&mut self, query: &LiveQuery, committed: &Arc<Committed>) -> bool {
        match self {
            Self::Window(window) => window.apply(query, committed),
            Self::Count(count, seq) => {
                let events = query.evaluate(&mut CommitValues::new(committed));
                (*count, *seq) = (change_count(*count, &events), committed.seq);
                true
            }
        }
    }
}

/// How far a result was brought up to the newest distributed commit.
enum Advanced {
    Done,
    /// Newer commits may have been distributed meanwhile.
    Partly(Read),
    /// It has to be read again.
    Outdated,
}

impl ReadWindow {
    /// Applies the next commit. Returns whether enough records are known.
    fn apply(&mut self, query: &LiveQuery, committed: &Arc<Committed>) -> bool {
        let events = query.evaluate(&mut CommitValues::new(committed));
        for change in &committed.changes {
            if change.resource == query.resource
                && let Some(record) = change.after.as_ref().or(change.before.as_ref())
            {
                let after = change.after.as_ref();
                let is_readable = after.is_some_and(|it| query.read_filter.allows(it));
                self.readable.insert(record.id().into(), is_readable);
            }
        }
        self.seq = committed.seq;
        matches!(
            self.records.apply(&changes(committed, &events)),
            WindowOutcome::Shifted(_)
        )
    }
}

fn changes_too_fast() -> Error {
    let message = "the result changes too fast to be read; try again";
    Error::new(ErrorKind::Unavailable, message)
}
