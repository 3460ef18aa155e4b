//! A subscription's registration with the broker: takes commits and catches up.

use super::broker::{Broker, BrokerState, LiveLimits, PAGE};
use super::change_kind::ChangeKind;
use super::connection_subscriptions::ConnectionSubscriptions;
use super::delivery::Delivery;
use super::initial_result::InitialResult;
use super::live_query::LiveQuery;
use super::query_group::NextEvents;
use super::related::{ChangedRecords, Images, ResolvedQuery};
use super::replay::Replay;
use crate::core::caller_id::CallerId;
use crate::core::error::{Error, ErrorKind, Result};
use crate::model::record::Record;
use crate::query::{Query, RecordValues};
use crate::store::commit::Committed;
use crate::store::{Expired, Snapshot};
use std::sync::{Arc, Mutex, PoisonError};

/// How many commits a subscription takes at once, and holds while its client does not read.
const MAX_TAKEN: usize = 32;

/// A subscription's registration with the broker, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct SubscriptionHandle {
    broker: Arc<Broker>,
    connection: Arc<ConnectionSubscriptions>,
    pub(crate) query: Arc<LiveQuery>,
    group: u64,
    id: u64,
    /// The newest commit that was distributed before it was registered.
    joined: u64,
    /// For a query with conditions over relations: the query as resolved at its position.
    resolved: Mutex<Option<ResolvedAt>>,
}

/// A query as resolved at the position of a subscription.
#[derive(Clone, Debug)]
struct ResolvedAt {
    query: Arc<ResolvedQuery>,
    /// The version of the group's query, if that is the same.
    version: Option<u64>,
}

impl SubscriptionHandle {
    /// Registers a subscription, which receives every commit from now on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooMany`] if its query would have to be evaluated on every commit and too many
    /// others already are, [`ErrorKind::InvalidQuery`] for a window or a count whose records depend on
    /// others.
    pub(crate) async fn register(
        broker: &Arc<Broker>,
        connection: &Arc<ConnectionSubscriptions>,
        query: Arc<LiveQuery>,
        caller: CallerId,
    ) -> Result<Self> {
        if query.is_kept() && query.has_relations() {
            let message = "conditions over relations are not available in a live window or count";
            return Err(Error::new(ErrorKind::InvalidQuery, message));
        }
        let (group, id, joined) = broker.add(connection, &query, caller).await?;
        Ok(Self {
            broker: broker.clone(),
            connection: connection.clone(),
            query,
            group,
            id,
            joined,
            resolved: Mutex::default(),
        })
    }

    /// Its id, which is unique within the server.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Returns all matching records. The subscription continues after their commit.
    pub(crate) async fn initial_result(&self) -> Result<Arc<InitialResult>> {
        let result = self.broker.shared_result(self.group, &self.query).await?;
        match &result.resolved {
            Some(resolved) => self.settle(result.seq, resolved.clone()),
            None => self.set_position(result.seq),
        }
        Ok(result)
    }

    /// Continues after commit `seq`, which the client has received. Returns `false` if that is not
    /// possible without a gap.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub(crate) async fn resume(&self, seq: u64) -> Result<bool> {
        if !self.query.has_relations() {
            self.set_position(seq);
            return Ok(true);
        }
        let snapshot = self.broker.snapshot(&self.query).await?;
        let mut earlier = Images::default();
        let read = self.read_log(seq, snapshot.seq(), |committed| {
            earlier.add_before(&committed);
            earlier.len()
        });
        if !read.await? {
            return Ok(false);
        }
        let resolver = self.broker.resolver(&*snapshot, earlier);
        let query = match resolver.resolve(&self.query).await {
            Ok(query) => Arc::new(query),
            Err(error) if error.kind() == ErrorKind::TooLarge => return Ok(false),
            Err(error) => return Err(error),
        };
        self.set_resolved(query, None);
        let max = self.broker.limits.fold_after;
        if let Some(group) = self.broker.state().groups.get_mut(self.group) {
            group.settle(self.id, seq, true, max);
        }
        Ok(true)
    }

    /// Sets the position, at which the query was resolved.
    fn settle(&self, seq: u64, resolved: Arc<ResolvedQuery>) {
        let mut state = self.broker.state();
        let of = (state.recent.head(), self.broker.limits.fold_after);
        let ids = (self.group, self.id);
        let version = state.groups.settle(ids, seq, &resolved, of);
        self.set_resolved(resolved, version);
    }

    fn set_resolved(&self, query: Arc<ResolvedQuery>, version: Option<u64>) {
        let mut resolved = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        *resolved = Some(ResolvedAt { query, version });
    }

    fn resolved(&self) -> Option<ResolvedAt> {
        let resolved = self.resolved.lock();
        resolved.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the commit up to which the subscriber has received everything.
    pub(super) fn set_position(&self, seq: u64) {
        let (max, is_before) = (self.broker.limits.fold_after, seq < self.joined);
        if let Some(group) = self.broker.state().groups.get_mut(self.group) {
            group.set_position(self.id, seq, is_before, max);
        }
    }

    /// The commit up to which it has taken everything, if there are commits that it has not taken.
    pub(crate) fn pending_position(&self) -> Option<u64> {
        let mut state = self.broker.state();
        state.groups.get_mut(self.group)?.pending_position(self.id)
    }

    /// Takes the next commits.
    pub(crate) fn take(&self) -> NextEvents {
        let mut state = self.broker.state();
        let BrokerState { recent, groups, .. } = &mut *state;
        let max = self.broker.limits.fold_after;
        let group = groups.get_mut(self.group);
        group.map_or(NextEvents::Nothing, |group| {
            group.take(self.id, max, MAX_TAKEN, recent)
        })
    }

    /// Reads the missed commits. Few are delivered one by one and many are folded. If the log does
    /// not reach back far enough or too many are missing, the initial result is sent again. If that
    /// fails, the subscription ends. A window or a count is always sent again.
    pub(crate) async fn catch_up(&self) -> Delivery {
        let delivery = match self.resolved() {
            Some(resolved) if !self.is_current(&resolved) => self.catch_up_related(&resolved).await,
            Some(resolved) => self.catch_up_log(&resolved.query.query).await,
            None => self.catch_up_log(&self.query).await,
        };
        delivery.unwrap_or_else(|error| self.ended(error))
    }

    /// Whether the group still uses this resolved query.
    fn is_current(&self, resolved: &ResolvedAt) -> bool {
        let mut state = self.broker.state();
        let group = state.groups.get_mut(self.group);
        let relations = group.and_then(|group| group.relations.as_ref());
        let version = relations.and_then(|relations| relations.version());
        version.is_some() && version == resolved.version
    }

    async fn catch_up_log(&self, query: &Arc<LiveQuery>) -> Result<Delivery> {
        let broker = &*self.broker;
        let (from, head, recent) = {
            let mut state = broker.state();
            let head = state.recent.head();
            let group = state.groups.get_mut(self.group);
            let from = group.map_or(head, |group| group.advance(self.id, head));
            let missed = (!self.query.is_kept()).then(|| state.recent.after(from, usize::MAX));
            (from, head, missed)
        };
        let Some(recent) = recent else {
            let result = self.initial_result().await;
            return result.map(Delivery::reset);
        };
        let replay = Replay::new(
            query.clone(),
            broker.limits.fold_after,
            Arc::clone(&broker.positions),
            self.connection.clone(),
        );
        match recent {
            Ok(recent) => replay.run(recent, head).await,
            Err(Expired) => self.replay_log(replay, from, head).await,
        }
    }

    /// Resolves the query again, and returns the difference of its result to the one at the position of
    /// the subscription.
    async fn catch_up_related(&self, before: &ResolvedAt) -> Result<Delivery> {
        let broker = &*self.broker;
        let position = {
            let mut state = broker.state();
            let group = state.groups.get_mut(self.group);
            group.and_then(|group| group.position(self.id))
        };
        let snapshot = broker.snapshot(&self.query).await?;
        let resolver = broker.resolver(&*snapshot, Images::default());
        let query = Arc::new(resolver.resolve(&self.query).await?);
        let from = position.unwrap_or_else(|| snapshot.seq());
        let difference = self.difference(&before.query, &query, from, &*snapshot);
        let delivery = if let Some(delivery) = difference.await? {
            delivery
        } else {
            let result = broker.resolved_result(&*snapshot, query.clone()).await?;
            Delivery::reset(Arc::new(result))
        };
        self.settle(snapshot.seq(), query);
        Ok(delivery)
    }

    /// Returns the changes that lead from the result of `old` at commit `from` to the result of `new` in
    /// the snapshot; `None` if they are too many or unknown.
    async fn difference(
        &self,
        old: &ResolvedQuery,
        new: &ResolvedQuery,
        from: u64,
        snapshot: &dyn Snapshot,
    ) -> Result<Option<Delivery>> {
        let broker = &*self.broker;
        let (resource, head) = (self.query.resource, snapshot.seq());
        let (mut touched, mut dropped, mut last) = (ChangedRecords::default(), 0, None);
        let read = self.read_log(from, head, |committed| {
            let own = committed.changes.iter();
            own.filter(|it| it.resource == resource)
                .for_each(|it| touched.add(it));
            let emitted = committed.emitted.iter();
            let own = emitted.filter(|it| it.resource == resource);
            let is_match =
                |query: &LiveQuery, record: &Record| query.matches(&mut RecordValues::new(record));
            let matching =
                own.filter(|it| [old, new].iter().any(|of| is_match(&of.query, &it.record)));
            dropped += matching.count();
            last = Some(committed);
            touched.images.len()
        });
        if !read.await? {
            return Ok(None);
        }
        let mut changes = Vec::new();
        if let Some(filter) = new.moved(old) {
            let query = Query {
                filter,
                order: Vec::new(),
                limit: broker.limits.moved,
                skip: 0,
                after: None,
                max_bytes: broker.limits.bytes,
            };
            let found = snapshot.find(resource, query).await?;
            let size: usize = found.records.iter().map(|it| it.sent().len()).sum();
            if found.more || size > broker.limits.bytes {
                return Ok(None);
            }
            self.charge(old, new, &found.records);
            for record in found.records {
                if touched.contains(record.id()) {
                    continue;
                }
                let image = Some(&record);
                match new.query.compare_with(&old.query, image, image) {
                    None | Some(ChangeKind::Updated) => {}
                    Some(kind) => changes.push((kind, record)),
                }
            }
        }
        for [before, after] in touched.images {
            self.charge(old, new, before.iter().chain(&after));
            let kind = new
                .query
                .compare_with(&old.query, before.as_ref(), after.as_ref());
            changes.extend(kind.zip(after.or(before)));
        }
        if changes.is_empty() && dropped == 0 {
            return Ok(Some(Delivery::commits(Vec::new())));
        }
        let at = match last.filter(|last| last.seq == head) {
            Some(last) => Some(last.proof(&broker.positions)),
            None => broker.position(head).await,
        };
        Ok(Some(Delivery::folded(changes, head, at, dropped)))
    }

    /// Charges the comparisons of these records.
    fn charge<'r>(
        &self,
        old: &ResolvedQuery,
        new: &ResolvedQuery,
        records: impl IntoIterator<Item = &'r Arc<Record>>,
    ) {
        let weight = old.query.weight() + new.query.weight();
        let costs = records.into_iter().map(|it| weight + it.sent().len());
        self.connection.add_work(costs.sum());
    }

    /// Passes the commits after `from` up to `head` to `take`, which returns how many records it keeps.
    /// Returns `false` if the log does not have all of them, or if these are too many.
    async fn read_log(
        &self,
        from: u64,
        head: u64,
        mut take: impl FnMut(Arc<Committed>) -> usize,
    ) -> Result<bool> {
        let LiveLimits {
            replayed, records, ..
        } = self.broker.limits;
        if usize::try_from(head.saturating_sub(from)).map_or(true, |missed| missed > replayed) {
            return Ok(false);
        }
        let mut at = from;
        while at < head {
            let page = self.broker.store.log(at, PAGE).await.unwrap_or_default();
            let Some(last) = page.last() else {
                return Ok(false);
            };
            at = last.seq;
            for committed in page.into_iter().filter(|it| it.seq <= head) {
                if take(committed) > records {
                    return Ok(false);
                }
            }
            tokio::task::yield_now().await;
        }
        Ok(true)
    }

    /// Returns the delivery that reports the end of the subscription because of `error`.
    pub(crate) fn ended(&self, mut error: Error) -> Delivery {
        if error.kind() == ErrorKind::Internal {
            let (id, cause) = error.assign_id();
            tracing::error!(%id, cause, "subscription ended");
        }
        let head = self.broker.state().recent.head();
        Delivery::ended(error, head)
    }

    async fn replay_log(&self, mut replay: Replay, from: u64, head: u64) -> Result<Delivery> {
        let broker = &*self.broker;
        let is_far =
            usize::try_from(head - from).map_or(true, |missed| missed > broker.limits.replayed);
        if is_far {
            return Ok(Delivery::reset(self.initial_result().await?));
        }
        let mut at = from;
        while at < head {
            let page = broker.store.log(at, PAGE).await.unwrap_or_default();
            // The log does not reach back far enough, or more records changed than a result may
            // have.
            let (Some(last), true) = (page.last(), replay.len() <= broker.limits.records) else {
                return Ok(Delivery::reset(self.initial_result().await?));
            };
            at = last.seq;
            let page = page.into_iter().filter(|it| it.seq <= head);
            replay = replay.add(page.collect()).await?;
            tokio::task::yield_now().await;
        }
        Ok(replay.finish(head))
    }
}

impl Drop for SubscriptionHandle {
    fn drop(&mut self) {
        self.broker.state().groups.remove(self.group, self.id);
    }
}
