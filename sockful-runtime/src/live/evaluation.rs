//! Evaluates which queries a page of commits affects, without the lock of the broker.

use super::change_kind::EventRef;
use super::live_query::{CommitValues, LiveQuery};
use super::related::Watch;
use crate::core::caller_id::CallerId;
use crate::store::commit::{Committed, RecordChange};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The maximum cost of comparisons on the task that reads the log, in bytes: some tens of
/// microseconds. More expensive ones run on a blocking thread.
const MAX_INLINE: usize = 64 * 1024;

/// The maximum number of bytes of records that are parsed on that task.
const MAX_INLINE_BYTES: usize = 256 * 1024;

/// The maximum cost of comparisons of one caller's queries for one page of commits, in bytes: some
/// milliseconds. Further queries of the caller are evaluated by the connections that subscribed to
/// them.
const MAX_BY_CALLER: usize = 4 * 1024 * 1024;

/// The query of a group, with the data for its evaluation.
#[derive(Debug)]
pub(super) struct GroupQuery {
    pub(super) query: Arc<LiveQuery>,
    /// The maximum cost of one evaluation per record.
    pub(super) weight: usize,
    /// The caller that first subscribed to it.
    pub(super) asked_by: CallerId,
}

/// A group's id and its query.
pub(super) type Candidate = (u64, Arc<GroupQuery>);

/// A watch, with its group and the caller that first subscribed to it.
#[derive(Clone, Debug)]
pub(super) struct WatchCandidate {
    pub(super) group: u64,
    pub(super) watch: Arc<Watch>,
    pub(super) asked_by: CallerId,
}

/// The first and the last commit of a page that may have changed the related records of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct MovedAt {
    pub(super) first: u64,
    pub(super) last: u64,
}

/// The queries that a page of commits may affect.
#[derive(Debug)]
pub(super) struct Evaluation {
    /// The candidate groups of each commit, with their queries.
    pub(super) candidates: Vec<(Arc<Committed>, Vec<Candidate>)>,
    /// For each commit, the watches that it may affect.
    pub(super) watches: Vec<Vec<WatchCandidate>>,
    pub(super) max_by_caller: usize,
}

/// The queries that a page of commits affects.
#[derive(Debug)]
pub(super) struct Evaluated {
    pub(super) commits: Vec<(Arc<Committed>, Vec<GroupEvents>)>,
    /// The groups that were not evaluated and have to catch up.
    pub(super) deferred: HashSet<u64>,
    /// The groups whose related records the commits may have changed.
    pub(super) moved: HashMap<u64, MovedAt>,
}

/// The events of a commit for one group.
#[derive(Debug)]
pub(super) struct GroupEvents {
    pub(super) group: u64,
    pub(super) events: Vec<EventRef>,
    /// The cost of the comparisons, in bytes.
    pub(super) compared: usize,
}

impl Evaluation {
    pub(super) fn new() -> Self {
        Self {
            candidates: Vec::new(),
            watches: Vec::new(),
            max_by_caller: MAX_BY_CALLER,
        }
    }

    /// Whether the evaluation takes too long for the task that reads the log.
    pub(super) fn is_long(&self) -> bool {
        let (mut cost, mut bytes) = (0, 0);
        let watches = self.watches.iter().map(Vec::as_slice);
        let watches = watches.chain(std::iter::repeat(&[][..]));
        for ((committed, groups), watches) in self.candidates.iter().zip(watches) {
            let images = 2 * committed.changes.len() + committed.emitted.len();
            let weight: usize = groups.iter().map(|(_, group)| group.weight).sum();
            let weight = weight + watches.iter().map(|it| it.watch.weight()).sum::<usize>();
            cost += weight.saturating_mul(images);
            if weight > 0 {
                let images = committed.changes.iter().flat_map(RecordChange::images);
                bytes += images.map(|record| record.sent().len()).sum::<usize>();
            }
        }
        cost > MAX_INLINE || bytes > MAX_INLINE_BYTES
    }

    /// Evaluates the queries, those of each caller up to the limit of their cost.
    pub(super) fn run(self) -> Evaluated {
        let mut by_caller: HashMap<CallerId, usize> = HashMap::new();
        let mut deferred = HashSet::new();
        let mut commits = Vec::with_capacity(self.candidates.len());
        let mut moved: HashMap<u64, MovedAt> = HashMap::new();
        let watches = self
            .watches
            .into_iter()
            .chain(std::iter::repeat_with(Vec::new));
        for ((committed, groups), watches) in self.candidates.into_iter().zip(watches) {
            let mut values = CommitValues::new(&committed);
            for WatchCandidate {
                group,
                watch,
                asked_by,
            } in watches
            {
                let before = values.compared();
                let spent = by_caller.entry(asked_by).or_default();
                // A group that is not evaluated reads its related records again.
                if *spent > self.max_by_caller || is_affected(&watch, &mut values) {
                    let (first, last) = (committed.seq, committed.seq);
                    let at = moved.entry(group).or_insert(MovedAt { first, last });
                    at.last = last;
                }
                *spent += values.compared() - before;
            }
            let mut concerned = Vec::with_capacity(groups.len());
            for (group, of) in groups {
                if deferred.contains(&group) {
                    continue;
                }
                if of.weight == 0 {
                    let events = of.query.evaluate(&mut values);
                    concerned.push(GroupEvents {
                        group,
                        events,
                        compared: 0,
                    });
                    continue;
                }
                let before = values.compared();
                let events = of.query.evaluate(&mut values);
                let compared = values.compared() - before;
                let spent = by_caller.entry(of.asked_by.clone()).or_default();
                *spent += compared;
                if *spent > self.max_by_caller {
                    deferred.insert(group);
                    continue;
                }
                concerned.push(GroupEvents {
                    group,
                    events,
                    compared,
                });
            }
            drop(values);
            commits.push((committed, concerned));
        }
        Evaluated {
            commits,
            deferred,
            moved,
        }
    }
}

/// Whether a commit may change which records match the query of a watch.
fn is_affected(watch: &Watch, values: &mut CommitValues<'_>) -> bool {
    values.any_change(watch.resource, |change, images| {
        watch.is_affected(change, images)
    })
}
