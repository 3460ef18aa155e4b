//! The broker: reads the log and distributes commits to subscriptions.

mod log_reader;
mod windows;

use super::connection_subscriptions::ConnectionSubscriptions;
use super::evaluation::Evaluated;
use super::initial_result::InitialResult;
use super::live_query::LiveQuery;
use super::query_groups::{NewSubscriber, QueryGroups};
use super::related::{self, Images, RelatedLimits, ResolvedQuery, Resolver, Watch};
use crate::core::caller_id::CallerId;
use crate::core::config::Config;
use crate::core::error::{Error, Result};
use crate::model::definition::ResourceDef;
use crate::protocol::position::PositionKey;
use crate::query::{Query, RecordValues};
use crate::store::commit::{Committed, Emitted};
use crate::store::recent_commits::RecentCommits;
use crate::store::{Found, Snapshot, Store};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, spawn_blocking};

/// How many commits of the log are read at once.
pub(super) const PAGE: usize = 256;

/// How many windows are read again at the same time.
const MAX_REFILLS: usize = 4;

/// Distributes commits to subscriptions.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(super) store: Arc<dyn Store>,
    /// Authenticates positions and resume tokens.
    pub(crate) positions: Arc<PositionKey>,
    pub(super) limits: LiveLimits,
    /// The served resources.
    pub(super) definitions: Vec<&'static ResourceDef>,
    state: Mutex<BrokerState>,
    /// The newest commit that was distributed; `u64::MAX` while there are no subscriptions.
    published: watch::Sender<u64>,
    /// A permit for each window that is read again.
    refills: Semaphore,
}

#[derive(Debug)]
pub(super) struct LiveLimits {
    pub(super) fold_after: usize,
    pub(super) records: usize,
    pub(super) bytes: usize,
    pub(super) replayed: usize,
    pub(super) moved: usize,
    related: usize,
}

#[derive(Debug)]
pub(super) struct BrokerState {
    pub(super) recent: RecentCommits,
    pub(super) groups: QueryGroups,
    /// The task that reads the log while there are subscriptions.
    log_reader: Option<JoinHandle<()>>,
}

impl BrokerState {
    /// Whether the log is read. The task is finished if its runtime was dropped.
    pub(super) fn is_reading(&self) -> bool {
        self.log_reader
            .as_ref()
            .is_some_and(|task| !task.is_finished())
    }
}

impl Broker {
    /// The store must be open.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        definitions: Vec<&'static ResourceDef>,
        config: &Config,
    ) -> Arc<Self> {
        let resources = definitions.len();
        Arc::new(Self {
            definitions,
            positions: Arc::new(PositionKey::new(store.secret())),
            store,
            limits: LiveLimits {
                // One more must be a valid number: it marks subscribers that are behind.
                fold_after: config.live.fold_after.min(usize::MAX - 1),
                records: config.live.max_subscription_records,
                replayed: config.live.max_replayed,
                bytes: config.live.max_snapshot,
                moved: config.live.max_moved,
                related: config.live.max_inner_set,
            },
            state: Mutex::new(BrokerState {
                recent: RecentCommits::new(config.live.ring_capacity),
                groups: QueryGroups::new(resources, config.live.max_scanned_groups),
                log_reader: None,
            }),
            published: watch::Sender::new(u64::MAX),
            refills: Semaphore::new(MAX_REFILLS),
        })
    }

    /// Adds a subscription, which receives every commit from now on. Returns the id of its group,
    /// its own id, and the newest commit that was distributed before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooMany`](crate::ErrorKind::TooMany) if its query would have to be evaluated on
    /// every commit and too many others already are.
    pub(super) async fn add(
        self: &Arc<Self>,
        connection: &Arc<ConnectionSubscriptions>,
        query: &Arc<LiveQuery>,
        caller: CallerId,
    ) -> Result<(u64, u64, u64)> {
        let head = self.store.head().await?;
        let new = NewSubscriber {
            query,
            canonical: query.canonical().into(),
            watches: Watch::of(query, &self.definitions)?,
            caller,
            connection,
        };
        let mut state = self.state();
        let is_first = state.groups.is_empty() && !state.is_reading();
        if is_first {
            state.recent.restart(head);
        }
        let joined = state.recent.head();
        let (group, id) = state.groups.add(new, joined)?;
        if is_first {
            self.published.send_replace(head);
        }
        if !state.is_reading() {
            state.log_reader = Some(log_reader::start(self));
        }
        Ok((group, id, joined))
    }

    /// Returns all records that match the query of a group. Concurrent callers share the result
    /// that one of them reads, if it is not older than the newest commit at the time of their call.
    ///
    /// # Errors
    ///
    /// As for [`initial_result`](Self::initial_result).
    pub(super) async fn shared_result(
        &self,
        group: u64,
        query: &LiveQuery,
    ) -> Result<Arc<InitialResult>> {
        if query.is_kept() {
            return self.kept_result(group, query).await.map(Arc::new);
        }
        let asked_at = self.store.head().await?;
        let initial = self
            .state()
            .groups
            .get_mut(group)
            .map(|it| it.initial.clone());
        let Some(initial) = initial else {
            return self.initial_result(query).await.map(Arc::new);
        };
        let mut newest = initial.lock().await;
        if let Some(shared) = newest.upgrade().filter(|it| it.seq >= asked_at) {
            return Ok(shared);
        }
        let result = Arc::new(self.initial_result(query).await?);
        *newest = Arc::downgrade(&result);
        Ok(result)
    }

    /// Returns all records that match `query`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if there are too many or if they are too
    /// large.
    pub(super) async fn initial_result(&self, query: &LiveQuery) -> Result<InitialResult> {
        if query.has_relations() {
            let snapshot = self.snapshot(query).await?;
            let resolver = self.resolver(&*snapshot, Images::default());
            let query = Arc::new(resolver.resolve(query).await?);
            return self.resolved_result(&*snapshot, query).await;
        }
        let view = self.store.find(query.resource, self.whole(query)).await?;
        self.result(view.value, view.seq, None).await
    }

    /// Returns all records of the snapshot that match a resolved query.
    ///
    /// # Errors
    ///
    /// As for [`initial_result`](Self::initial_result).
    pub(super) async fn resolved_result(
        &self,
        snapshot: &dyn Snapshot,
        resolved: Arc<ResolvedQuery>,
    ) -> Result<InitialResult> {
        let query = &resolved.query;
        let found = snapshot.find(query.resource, self.whole(query)).await?;
        self.result(found, snapshot.seq(), Some(resolved)).await
    }

    /// The query of all matching records.
    fn whole(&self, query: &LiveQuery) -> Query {
        Query {
            filter: query.combined_filter(),
            order: Vec::new(),
            limit: self.limits.records,
            skip: 0,
            after: None,
            max_bytes: self.limits.bytes,
        }
    }

    /// Returns a snapshot of the resources that decide which records match a query.
    pub(super) async fn snapshot(&self, query: &LiveQuery) -> Result<Arc<dyn Snapshot>> {
        let mut resources = vec![query.resource];
        for definition in query.combined_filter().related_resources() {
            resources.push(related::position(&self.definitions, definition)?);
        }
        resources.sort_unstable();
        resources.dedup();
        self.store.snapshot(&resources).await
    }

    /// Resolves queries as of the commit of the snapshot, or as of the one that `earlier` goes back to.
    pub(super) fn resolver<'a>(
        &'a self,
        snapshot: &'a dyn Snapshot,
        earlier: Images,
    ) -> Resolver<'a> {
        Resolver {
            snapshot,
            definitions: &self.definitions,
            limits: RelatedLimits {
                records: self.limits.related,
                bytes: self.limits.bytes,
            },
            earlier,
            read: Mutex::default(),
        }
    }

    async fn result(
        &self,
        found: Found,
        seq: u64,
        resolved: Option<Arc<ResolvedQuery>>,
    ) -> Result<InitialResult> {
        let LiveLimits { records, bytes, .. } = self.limits;
        let size: usize = found.records.iter().map(|it| it.sent().len()).sum();
        if size > bytes {
            let what = "the initial records";
            return Err(Error::too_large(what, "max_snapshot", bytes));
        }
        if found.more {
            let what = "the initial number of records";
            return Err(Error::too_large(what, "max_subscription_records", records));
        }
        Ok(InitialResult {
            at: self.position(seq).await,
            records: found.records,
            seq,
            resolved,
            count: None,
        })
    }

    /// Waits until commit `seq` was distributed to all subscriptions.
    pub(crate) async fn wait_until_published(&self, seq: u64) {
        let mut published = self.published.subscribe();
        // `self` owns the sender, so the channel cannot be closed.
        let _ = published.wait_for(|&newest| newest >= seq).await;
    }

    /// Passes an event that belongs to no commit to the subscriptions that match its record.
    pub(crate) fn broadcast(&self, event: Emitted) {
        let candidates = self.state().groups.candidates_of_event(&event);
        let groups: Vec<_> = {
            let mut values = RecordValues::new(&*event.record);
            let candidates = candidates.into_iter();
            let matching = candidates.filter(|(_, of)| of.query.matches(&mut values));
            matching.map(|(group, _)| group).collect()
        };
        let mut wakers = Vec::new();
        self.state()
            .groups
            .broadcast(&groups, &Arc::new(event), &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The newest commit that was distributed. If there are no subscriptions, reading stops.
    fn head_or_stop(&self) -> Option<u64> {
        let mut state = self.state();
        if state.groups.is_empty() {
            state.log_reader = None;
            state.recent.restart(0);
            self.published.send_replace(u64::MAX);
            return None;
        }
        Some(state.recent.head())
    }

    /// Distributes the next commits. Queries are evaluated without the lock, and on a blocking
    /// thread if that takes long.
    async fn publish(self: &Arc<Self>, commits: Vec<Arc<Committed>>) {
        let Some(last) = commits.last().map(|committed| committed.seq) else {
            return;
        };
        let evaluation = self.state().groups.candidates(commits);
        let evaluated = if evaluation.is_long() {
            match spawn_blocking(move || evaluation.run()).await {
                Ok(evaluated) => evaluated,
                Err(error) => {
                    tracing::error!(%error, "evaluating subscriptions failed");
                    return self.skip_to(last);
                }
            }
        } else {
            evaluation.run()
        };
        self.distribute(evaluated);
    }

    /// Passes evaluated commits to the subscriptions.
    pub(super) fn distribute(self: &Arc<Self>, evaluated: Evaluated) {
        let Evaluated {
            commits,
            deferred,
            moved,
        } = evaluated;
        let mut wakers = Vec::new();
        let mut state = self.state();
        let BrokerState { recent, groups, .. } = &mut *state;
        let (mut trimmed, mut exhausted) = (Vec::new(), Vec::new());
        let (from, max) = (recent.head(), self.limits.fold_after);
        let moved = groups.set_moved(moved);
        for (committed, mut concerned) in commits {
            if !moved.is_empty() {
                let is_before = |first: &u64| committed.seq < *first;
                concerned.retain(|it| moved.get(&it.group).is_none_or(is_before));
            }
            groups.push(&committed, concerned, max, &mut wakers, &mut exhausted);
            recent.push(committed, &mut trimmed);
        }
        let head = recent.head();
        for (id, first) in moved {
            if let Some(group) = groups.get_mut(id) {
                group.set_all_behind(first - 1, max, &mut wakers);
            }
        }
        groups.finish((from, head), deferred, max, &mut wakers);
        drop(state);
        self.announce(head, wakers);
        drop(trimmed);
        self.refill(exhausted);
    }

    /// Continues at commit `head` because the log no longer contains the commits before it. All
    /// subscriptions are behind then.
    fn skip_to(&self, head: u64) {
        let mut wakers = Vec::new();
        let mut state = self.state();
        state.recent.restart(head);
        state.groups.finish(
            (head, head),
            HashSet::new(),
            self.limits.fold_after,
            &mut wakers,
        );
        let max = self.limits.fold_after;
        state.groups.set_all_behind(head, max, &mut wakers);
        drop(state);
        self.announce(head, wakers);
    }

    fn announce(&self, head: u64, wakers: Vec<Waker>) {
        self.published.send_replace(head);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, BrokerState> {
        // No application code runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
