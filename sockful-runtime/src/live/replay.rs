//! Converts the commits that a subscription missed to a delivery.

use super::change_kind::{ChangeKind, EventRef};
use super::connection_subscriptions::ConnectionSubscriptions;
use super::delivery::Delivery;
use super::live_query::{CommitValues, LiveQuery, Match};
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::protocol::position::PositionKey;
use crate::store::commit::{Committed, RecordChange};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The maximum number of commits that are evaluated on the connection's task: some tens of
/// microseconds.
const MAX_INLINE: usize = 256;

/// The maximum cost of their comparisons there, and of the records that are parsed, in bytes.
const MAX_INLINE_BYTES: usize = 64 * 1024;

/// The commits that a subscription missed. Few are delivered one by one; many are folded into one
/// change per record.
#[derive(Debug)]
pub(super) struct Replay {
    query: Arc<LiveQuery>,
    /// The connection that is charged for the comparisons.
    connection: Arc<ConnectionSubscriptions>,
    /// How many matching commits are delivered one by one at most.
    max_matches: usize,
    /// The matching commits; `None` if there are too many.
    matches: Option<Vec<Match>>,
    /// The index of each record in `changed`, by id.
    indexes: HashMap<Box<str>, usize>,
    changed: Vec<RecordImages>,
    /// How many declared events were emitted.
    emitted: usize,
    /// The last commit that was added.
    last: Option<Arc<Committed>>,
    positions: Arc<PositionKey>,
}

/// A record before its first and after its last change.
#[derive(Debug)]
struct RecordImages {
    before: Option<Arc<Record>>,
    after: Option<Arc<Record>>,
}

impl Replay {
    pub(super) fn new(
        query: Arc<LiveQuery>,
        max_matches: usize,
        positions: Arc<PositionKey>,
        connection: Arc<ConnectionSubscriptions>,
    ) -> Self {
        Self {
            query,
            connection,
            max_matches,
            matches: Some(Vec::new()),
            indexes: HashMap::new(),
            changed: Vec::new(),
            emitted: 0,
            last: None,
            positions,
        }
    }

    /// The number of changed records.
    pub(super) fn len(&self) -> usize {
        self.changed.len()
    }

    /// Adds the next commits.
    fn push(&mut self, commits: Vec<Arc<Committed>>) {
        for committed in commits {
            self.last = Some(Arc::clone(&committed));
            let mut values = CommitValues::new(&committed);
            let events = self.query.evaluate(&mut values);
            self.connection.add_work(values.compared());
            drop(values);
            self.update_images(&committed, &events);
            let emitted = events
                .iter()
                .filter(|it| matches!(it, EventRef::Emitted(_)));
            self.emitted += emitted.count();
            if events.is_empty() {
                continue;
            }
            let has_room = |matches: &Vec<_>| matches.len() < self.max_matches;
            self.matches = self.matches.take().filter(has_room).map(|mut matches| {
                let events = events.into();
                matches.push(Match::Commit { committed, events });
                matches
            });
        }
    }

    /// Adds all commits up to `head` and finishes.
    pub(super) async fn run(self, commits: Vec<Arc<Committed>>, head: u64) -> Result<Delivery> {
        Ok(self.add(commits).await?.finish(head))
    }

    /// Adds the next commits, on a blocking thread if that takes long.
    pub(super) async fn add(mut self, commits: Vec<Arc<Committed>>) -> Result<Self> {
        let is_long = self.is_long(&commits);
        let add = move || {
            self.push(commits);
            self
        };
        if is_long {
            spawn_blocking(add).await.map_err(Error::internal)
        } else {
            Ok(add())
        }
    }

    fn is_long(&self, commits: &[Arc<Committed>]) -> bool {
        if commits.len() > MAX_INLINE {
            return true;
        }
        let weight = self.query.weight();
        let changes = commits.iter().flat_map(|committed| &committed.changes);
        let own = changes.filter(|change| change.resource == self.query.resource);
        let images = own.flat_map(RecordChange::images);
        let costs = images.map(|record| match weight {
            0 => 0,
            _ => weight + record.sent().len(),
        });
        costs.sum::<usize>() > MAX_INLINE_BYTES
    }

    /// The delivery of all commits up to `head`.
    pub(super) fn finish(self, head: u64) -> Delivery {
        if let Some(matches) = self.matches {
            return Delivery::commits(matches);
        }
        let last = self.last.filter(|last| last.seq == head);
        let at = last.map(|last| last.proof(&self.positions));
        let changes = self
            .changed
            .into_iter()
            .filter_map(|RecordImages { before, after }| {
                let kind = self.query.compare(before.as_ref(), after.as_ref())?;
                Some((kind, after.or(before)?))
            });
        Delivery::folded(
            changes.collect::<Vec<(ChangeKind, _)>>(),
            head,
            at,
            self.emitted,
        )
    }

    /// Updates the images of the records that matched in this commit or in an earlier one.
    fn update_images(&mut self, committed: &Committed, events: &[EventRef]) {
        let changes = committed.changes.iter().enumerate();
        let own = changes.filter(|(_, change)| change.resource == self.query.resource);
        for (at, change) in own {
            let Some(record) = change.after.as_ref().or(change.before.as_ref()) else {
                continue;
            };
            if let Some(&index) = self.indexes.get(record.id()) {
                self.changed[index].after.clone_from(&change.after);
            } else if events
                .iter()
                .any(|it| matches!(it, EventRef::Changed(_, of) if *of == at))
            {
                self.indexes.insert(record.id().into(), self.changed.len());
                self.changed.push(RecordImages {
                    before: change.before.clone(),
                    after: change.after.clone(),
                });
            }
        }
    }
}
