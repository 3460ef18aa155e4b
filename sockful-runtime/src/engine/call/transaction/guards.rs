//! The lists that a transaction has read, which become the guards of its commit.

use crate::model::scalar::Scalar;
use crate::query::{Cursor, Query, QueryFilter};
use crate::store::guard::{Guard, GuardedRange};
use crate::store::{Found, View};
use tokio::time::Instant;

/// The maximum number of guards of a commit, unless it lists more resources. Beyond that, the
/// guards of the resource with the most guards are merged into one guard of the whole resource.
const MAX_GUARDS: usize = 64;

/// Whether the commit of a call depends on a list that the call has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ListProtection {
    /// The call is rerun if the list has changed before its commit.
    #[default]
    Guarded,
    /// The list may have changed.
    Unguarded,
}

/// The lists of one transaction.
#[derive(Debug)]
pub(super) struct ListReads {
    guards: Vec<Guard>,
    children: Vec<ChildReads>,
    /// How many lists were read.
    pub(super) reads: usize,
    /// When the first list was read.
    pub(super) since: Instant,
}

/// The lists of children of one relation, which form one guard for any number of parents.
#[derive(Debug)]
struct ChildReads {
    resource: usize,
    property: usize,
    parents: Vec<Scalar<'static>>,
    read_seq: u64,
}

impl ListReads {
    pub(super) fn new() -> Self {
        Self {
            guards: Vec::new(),
            children: Vec::new(),
            reads: 0,
            since: Instant::now(),
        }
    }

    pub(super) fn add(&mut self, guard: Guard) {
        self.reads += 1;
        self.add_part(guard);
    }

    /// Adds the guard of records that another list depends on.
    pub(super) fn add_part(&mut self, guard: Guard) {
        let covers = |it: &&mut Guard| {
            it.resource == guard.resource
                && (is_whole(it) || it.filter == guard.filter && it.range == guard.range)
        };
        if let Some(known) = self.guards.iter_mut().find(covers) {
            known.read_seq = known.read_seq.min(guard.read_seq);
            return;
        }
        self.guards.push(guard);
        if self.guards.len() > MAX_GUARDS {
            self.merge();
        }
    }

    /// Adds the list of all children whose `property` is one of these values.
    pub(super) fn add_children(
        &mut self,
        (resource, property): (usize, usize),
        parents: &[Scalar<'static>],
        read_seq: u64,
    ) {
        self.reads += 1;
        let mut known = self.children.iter_mut();
        match known.find(|it| (it.resource, it.property) == (resource, property)) {
            Some(known) => {
                known.parents.extend_from_slice(parents);
                known.read_seq = known.read_seq.min(read_seq);
            }
            None => self.children.push(ChildReads {
                resource,
                property,
                parents: parents.to_vec(),
                read_seq,
            }),
        }
    }

    pub(super) fn into_guards(self) -> Vec<Guard> {
        let mut guards = self.guards;
        guards.extend(self.children.into_iter().map(|it| Guard {
            resource: it.resource,
            filter: QueryFilter::one_of(it.property, it.parents),
            range: None,
            read_seq: it.read_seq,
        }));
        guards
    }

    /// Replaces the guards of one resource by one guard of all its records.
    fn merge(&mut self) {
        let count = |resource| {
            let guards = self.guards.iter();
            guards.filter(|it| it.resource == resource).count()
        };
        let resources = self.guards.iter().map(|it| it.resource);
        let Some(resource) = resources.max_by_key(|&it| count(it)) else {
            return;
        };
        let of_resource = self.guards.extract_if(.., |it| it.resource == resource);
        let read_seq = of_resource.map(|it| it.read_seq).min().unwrap_or_default();
        self.guards.push(Guard {
            resource,
            filter: QueryFilter::All,
            range: None,
            read_seq,
        });
    }
}

fn is_whole(guard: &Guard) -> bool {
    guard.filter == QueryFilter::All && guard.range.is_none()
}

/// The guard of a list; `None` if no record was requested. A list that was cut is guarded up to its
/// last record.
pub(super) fn guard_of_list(resource: usize, query: &Query, found: &View<Found>) -> Option<Guard> {
    if query.limit == 0 {
        return None;
    }
    let (records, order) = (&found.value.records, &query.order);
    let last = records.last().filter(|_| found.value.more);
    let last = last.map(|record| Cursor::at(order, record));
    let is_part = last.is_some() || query.after.is_some();
    Some(Guard {
        resource,
        // The guards of the related records are those of the parts of the list.
        filter: query.filter.without_relations(),
        range: is_part.then(|| GuardedRange {
            order: order.clone(),
            after: query.after.clone(),
            last,
        }),
        read_seq: found.seq,
    })
}
