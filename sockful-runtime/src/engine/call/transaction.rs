//! A transaction: the reads and writes of one request, across resources, up to their commit.

pub(crate) mod emission;
pub(crate) mod escalation;
pub(crate) mod guards;
mod state;
#[cfg(test)]
mod tests;

use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter, QueryOrder};
use crate::store::commit::Operation;
use crate::store::guard::Guard;
use crate::store::{Found, Store, View};
use emission::Emission;
use guards::{ListProtection, guard_of_list};
use state::{AssertNoChildren, ReadDependency, StagedRecord, TransactionState};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// The reads and writes of a request so far. Its reads see its writes; other requests see them only
/// after the commit.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    state: Mutex<TransactionState>,
    /// Whether `state` has an escalation.
    is_escalated: AtomicBool,
}

/// The result of a transaction.
#[derive(Debug)]
pub(crate) struct FinishedTransaction {
    /// The operations to commit; empty if there is nothing to write and no read to assert.
    pub(crate) operations: Vec<Operation>,
    /// The lists that must not have changed before the commit.
    pub(crate) guards: Vec<Guard>,
    /// When the first list was read.
    pub(crate) listed_since: Option<Instant>,
    /// Whether any operation changes a record or emits an event.
    pub(crate) writes: bool,
    /// Events that are sent after the commit and are not part of it.
    pub(crate) broadcast: Vec<Emission>,
    /// The keys of the identities to refresh after the commit.
    pub(crate) refreshed: Vec<Box<str>>,
    /// The newest commit that was read from.
    pub(crate) seq: Option<u64>,
}

impl Transaction {
    /// Discards all reads and writes, for another run of the call.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        let escalation = state.escalation.take();
        *state = TransactionState::default();
        state.escalation = escalation;
    }

    /// Returns the record as the transaction sees it, and asserts that it does not change until the
    /// commit.
    pub(crate) async fn get(
        &self,
        store: &dyn Store,
        resource: usize,
        id: &str,
    ) -> Result<Option<Arc<Record>>> {
        self.read(store, resource, id, ReadDependency::Content)
            .await
    }

    /// Returns whether the record exists, and asserts that this does not change until the commit.
    pub(crate) async fn exists(
        &self,
        store: &dyn Store,
        resource: usize,
        id: &str,
    ) -> Result<bool> {
        let seen = self
            .read(store, resource, id, ReadDependency::Presence)
            .await?;
        Ok(seen.is_some())
    }

    async fn read(
        &self,
        store: &dyn Store,
        resource: usize,
        id: &str,
        dependency: ReadDependency,
    ) -> Result<Option<Arc<Record>>> {
        if let Some(entry) = self.state().open()?.entry(resource, id) {
            entry.dependency = entry.dependency.max(dependency);
            return Ok(entry.after.clone());
        }
        let View { seq, value } = store.get(resource, id).await?;
        let mut state = self.state();
        let state = state.open()?;
        state.note(seq);
        if state.entry(resource, id).is_none() {
            state.add(resource, id, value, dependency);
        }
        // A concurrent read of this call may have added the entry, and a write changed it.
        Ok(state
            .entry(resource, id)
            .and_then(|entry| entry.after.clone()))
    }

    /// Adds a read dependency on a record that a list returned. Returns the record as the transaction
    /// sees it.
    pub(crate) fn track(
        &self,
        resource: usize,
        record: Arc<Record>,
    ) -> Result<Option<Arc<Record>>> {
        let mut state = self.state();
        let state = state.open()?;
        if let Some(entry) = state.entry(resource, record.id()) {
            return Ok(entry.after.clone());
        }
        state.add(
            resource,
            record.id(),
            Some(record.clone()),
            ReadDependency::Content,
        );
        Ok(Some(record))
    }

    /// Replaces `before`, the record as the transaction saw it, by `after`. Returns `false` if the
    /// record has changed within the transaction in the meantime.
    pub(crate) fn put(
        &self,
        resource: usize,
        id: &str,
        before: Option<&Arc<Record>>,
        after: Option<Arc<Record>>,
    ) -> Result<bool> {
        let mut state = self.state();
        let state = state.open()?;
        if state.entry(resource, id).is_none() {
            // A record with a new id is known not to exist without a read.
            state.add(resource, id, None, ReadDependency::Content);
        }
        let Some(entry) = state.entry(resource, id) else {
            return Ok(false);
        };
        let is_the_same = match (&entry.after, before) {
            (Some(now), Some(before)) => Arc::ptr_eq(now, before),
            (now, before) => now.is_none() && before.is_none(),
        };
        if is_the_same {
            entry.dependency = ReadDependency::Content;
            entry.after = after;
            entry.writes += 1;
            state.writes += 1;
        }
        Ok(is_the_same)
    }

    /// Adds an event, which is emitted with the commit and adds no read dependency.
    pub(crate) fn emit(&self, emission: Emission) -> Result<()> {
        let mut state = self.state();
        let state = state.open()?;
        state.emitted.push(emission);
        state.writes += 1;
        Ok(())
    }

    /// Adds an event that is sent after the commit and is not part of it.
    pub(crate) fn broadcast(&self, emission: Emission) -> Result<()> {
        self.state().open()?.broadcast.push(emission);
        Ok(())
    }

    /// Adds the key of an identity that is refreshed after the commit.
    pub(crate) fn refresh(&self, key: &str) -> Result<()> {
        let mut state = self.state();
        let state = state.open()?;
        if !state.refreshed.iter().any(|known| **known == *key) {
            state.refreshed.push(key.into());
        }
        Ok(())
    }

    /// The number of writes so far.
    pub(crate) fn writes(&self) -> usize {
        self.state().writes
    }

    /// Poisons the transaction if more than `writes` writes are staged: `error` ended a compound
    /// write half-way, and the caller may have ignored it.
    pub(crate) fn poison_beyond(&self, writes: usize, error: &Error) {
        let mut state = self.state();
        if state.writes > writes {
            state.poisoned.get_or_insert_with(|| error.to_string());
        }
    }

    /// Asserts that no record of `child` with this JSON value in `property` is left at the commit,
    /// unless the parent that the value refers to exists again by then.
    pub(crate) fn assert_no_children(
        &self,
        (resource, id): (usize, &str),
        child: usize,
        property: usize,
        value: &str,
    ) -> Result<()> {
        self.state()
            .open()?
            .assert_no_children
            .push(AssertNoChildren {
                resource,
                id: id.into(),
                operation: Operation::AssertNoChildren {
                    resource: child,
                    property,
                    value: value.into(),
                },
            });
        Ok(())
    }

    /// Returns the records of a resource that the transaction has written, by their ids; `None` for
    /// those that it has removed.
    pub(crate) fn written(
        &self,
        resource: usize,
    ) -> Result<HashMap<Box<str>, Option<Arc<Record>>>> {
        Ok(self.state().open()?.written(resource))
    }

    /// Lists records from the store, with the transaction's own writes applied.
    pub(crate) async fn find(
        &self,
        store: &dyn Store,
        resource: usize,
        query: Query,
        protection: ListProtection,
    ) -> Result<View<Found>> {
        let filter = query.filter.clone();
        let matching = |record: &Record| filter.matches(record);
        self.find_matching(store, resource, query, protection, &[], matching)
            .await
    }

    /// Like [`find`](Self::find), for a query with conditions over relations. `matches` decides about
    /// the records that the transaction has written; `parts` are the related records that decide about
    /// the others: resources, and conditions on their records.
    pub(crate) async fn find_matching(
        &self,
        store: &dyn Store,
        resource: usize,
        query: Query,
        protection: ListProtection,
        parts: &[(usize, QueryFilter)],
        matches: impl Fn(&Record) -> bool,
    ) -> Result<View<Found>> {
        let written = self.written(resource)?;
        let (skip, limit) = (query.skip, query.limit);
        let needed = skip.saturating_add(limit);
        let mut wider = query.clone();
        if !written.is_empty() {
            wider.skip = 0;
            wider.limit = needed.saturating_add(written.len());
        }
        let mut view = store.find(resource, wider).await?;
        let guard = match protection {
            ListProtection::Guarded => guard_of_list(resource, &query, &view),
            ListProtection::Unguarded => None,
        };
        self.note_list(view.seq, guard)?;
        if protection == ListProtection::Guarded {
            self.note_parts(view.seq, parts)?;
        }
        if written.is_empty() {
            return Ok(view);
        }
        let Found { records, more, .. } = &mut view.value;
        records.retain(|record| !written.contains_key(record.id()));
        records.extend(written.into_values().filter_map(|after| {
            after.filter(|record| {
                matches(record)
                    && query
                        .after
                        .as_ref()
                        .is_none_or(|after| after.compare(&query.order, record).is_gt())
            })
        }));
        QueryOrder::sort(&query.order, records);
        *more = limit > 0 && (*more || records.len() > needed);
        records.truncate(needed);
        records.drain(..skip.min(records.len()));
        Ok(view)
    }

    /// Counts the records that match the filter, with the transaction's own writes applied.
    pub(crate) async fn count(
        &self,
        store: &dyn Store,
        resource: usize,
        filter: QueryFilter,
        protection: ListProtection,
    ) -> Result<usize> {
        let stored = store.count(resource, filter.clone()).await?;
        let guard = (protection == ListProtection::Guarded).then(|| Guard {
            resource,
            filter: filter.clone(),
            range: None,
            read_seq: stored.seq,
        });
        self.note_list(stored.seq, guard)?;
        let mut state = self.state();
        let state = state.open()?;
        let meets = |record: &Option<Arc<Record>>| {
            usize::from(record.as_ref().is_some_and(|record| filter.matches(record)))
        };
        let of = || {
            state
                .entries
                .iter()
                .filter(|entry| entry.resource == resource)
        };
        let more: usize = of().map(|entry| meets(&entry.after)).sum();
        let less: usize = of().map(|entry| meets(&entry.before)).sum();
        Ok((stored.value.count + more).saturating_sub(less))
    }

    /// Counts the stored records that match the filter, which are related to those of `parts`. The
    /// transaction's own writes are not applied.
    pub(crate) async fn count_stored(
        &self,
        store: &dyn Store,
        resource: usize,
        filter: QueryFilter,
        protection: ListProtection,
        parts: &[(usize, QueryFilter)],
    ) -> Result<usize> {
        let guarded = filter.without_relations();
        let stored = store.count(resource, filter).await?;
        let guard = (protection == ListProtection::Guarded).then_some(Guard {
            resource,
            filter: guarded,
            range: None,
            read_seq: stored.seq,
        });
        self.note_list(stored.seq, guard)?;
        if protection == ListProtection::Guarded {
            self.note_parts(stored.seq, parts)?;
        }
        Ok(stored.value.count)
    }

    /// Guards the list of the children whose `property` is one of these values, read at commit `seq`.
    pub(crate) fn guard_children(
        &self,
        resource: usize,
        property: usize,
        parents: &[Scalar<'static>],
        seq: u64,
    ) -> Result<()> {
        let mut state = self.state();
        let lists = state.open()?.lists();
        lists.add_children((resource, property), parents, seq);
        Ok(())
    }

    /// Returns what is to be committed. The transaction cannot read or write after this.
    pub(crate) fn finish(&self) -> Result<FinishedTransaction> {
        let mut state = self.state();
        let assert_no_children = state.open()?.take_childless();
        let TransactionState {
            entries,
            emitted,
            broadcast,
            refreshed,
            seq,
            poisoned,
            lists,
            escalation,
            ..
        } = std::mem::take(&mut *state);
        state.is_over = true;
        state.escalation = escalation;
        drop(state);
        if let Some(why) = poisoned {
            return Err(Error::internal(format!(
                "a write failed half-way and the call continued: {why}"
            )));
        }
        let reads = entries.len() + lists.as_ref().map_or(0, |lists| lists.reads);
        let listed_since = lists.as_ref().map(|lists| lists.since);
        let mut guards = lists.map(|it| it.into_guards()).unwrap_or_default();
        let mut operations =
            Vec::with_capacity(entries.len() + assert_no_children.len() + emitted.len());
        let mut writes = !emitted.is_empty();
        for entry in entries {
            let operation = entry.operation();
            writes |= !matches!(operation, Operation::Assert { .. });
            operations.push(operation);
        }
        operations.extend(assert_no_children);
        operations.extend(emitted.into_iter().map(Emission::operation));
        // A single record or list is always consistent by itself.
        if !writes && reads < 2 {
            operations.clear();
            guards.clear();
        }
        Ok(FinishedTransaction {
            operations,
            guards,
            listed_since,
            writes,
            broadcast,
            refreshed,
            seq,
        })
    }

    /// Ends a failed run. Returns its reads as a commit that changes nothing, or `None` if all of
    /// them are from one commit or the transaction was finished before.
    pub(crate) fn abandon(&self) -> Option<FinishedTransaction> {
        let mut state = self.state();
        if state.is_over || state.is_of_one_commit() {
            return None;
        }
        let (entries, lists) = (std::mem::take(&mut state.entries), state.lists.take());
        state.is_over = true;
        let assertions = entries.into_iter().map(StagedRecord::assertion);
        Some(FinishedTransaction {
            operations: assertions.collect(),
            listed_since: lists.as_ref().map(|lists| lists.since),
            guards: lists.map(|it| it.into_guards()).unwrap_or_default(),
            writes: false,
            broadcast: Vec::new(),
            refreshed: Vec::new(),
            seq: state.seq,
        })
    }

    /// Guards the related records that a list depends on.
    fn note_parts(&self, read_seq: u64, parts: &[(usize, QueryFilter)]) -> Result<()> {
        let mut state = self.state();
        let lists = state.open()?.lists();
        for (resource, filter) in parts {
            lists.add_part(Guard {
                resource: *resource,
                filter: filter.clone(),
                range: None,
                read_seq,
            });
        }
        Ok(())
    }

    fn note_list(&self, seq: u64, guard: Option<Guard>) -> Result<()> {
        let mut state = self.state();
        let state = state.open()?;
        state.note(seq);
        if let Some(guard) = guard {
            state.lists().add(guard);
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, TransactionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
