//! Snapshots while commits continue, compared with the tables at the time of each snapshot.

use super::commit_model;
use super::commit_model::Tables;
use super::wait;
use crate::model::scalar::Scalar;
use crate::query::{By, Query, QueryFilter, QueryOrder};
use crate::store::{Snapshot, Store};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;

/// A snapshot, and the tables when it was taken.
#[derive(Debug)]
pub(super) struct TakenSnapshot {
    snapshot: Arc<dyn Snapshot>,
    seq: u64,
    tables: Tables,
}

/// The resource with indexes, and its indexed properties.
const INDEXED: usize = 1;
const PROPERTIES: std::ops::RangeInclusive<usize> = 1..=5;

impl TakenSnapshot {
    pub(super) fn new(store: &dyn Store, seq: u64, tables: &Tables) -> Self {
        Self {
            snapshot: wait(store.snapshot(&[INDEXED, 0])).expect("a snapshot"),
            seq,
            tables: tables.clone(),
        }
    }

    /// Checks that the snapshot shows the tables at that time, for each resource and each way to read.
    pub(super) fn check(&self, ids: &[&str]) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.snapshot.seq(), self.seq);
        for resource in [0, INDEXED] {
            let of = |id: &str| self.tables.get(&(resource, id.to_owned())).cloned();
            let requested: Vec<Box<str>> = ids.iter().rev().map(|id| (*id).into()).collect();
            let many =
                wait(self.snapshot.get_many(resource, requested, usize::MAX)).expect("records");
            let many: Vec<_> = many
                .iter()
                .map(|it| it.as_ref().map(|it| (commit_model::text(it), it.rev())))
                .collect();
            prop_assert_eq!(many, ids.iter().rev().map(|id| of(id)).collect::<Vec<_>>());

            let query = Query {
                filter: QueryFilter::All,
                order: Vec::new(),
                limit: 2,
                skip: 1,
                after: None,
                max_bytes: usize::MAX,
            };
            let found = wait(self.snapshot.find(resource, query)).expect("a list");
            let all: Vec<&str> = self
                .tables
                .keys()
                .filter(|(at, _)| *at == resource)
                .map(|(_, id)| &**id)
                .collect();
            let listed: Vec<&str> = found.records.iter().map(|it| it.id()).collect();
            prop_assert_eq!(
                listed,
                all.iter().copied().skip(1).take(2).collect::<Vec<_>>()
            );
            prop_assert_eq!(found.more, all.len() > 3);
        }
        for property in PROPERTIES {
            for limit in 1..=2 {
                self.check_related(property, limit)?;
            }
        }
        self.check_room()
    }

    /// Checks that reading ends with the record that exceeds the size limit.
    fn check_room(&self) -> Result<(), TestCaseError> {
        let ids = self.tables.keys().filter(|(at, _)| *at == INDEXED);
        let ids: Vec<Box<str>> = ids.map(|(_, id)| id.as_str().into()).collect();
        let all = wait(self.snapshot.get_many(INDEXED, ids.clone(), usize::MAX)).expect("records");
        let sizes: Vec<_> = all.iter().flatten().map(|it| it.sent().len()).collect();
        for (nth, size) in sizes.iter().enumerate() {
            let before: usize = sizes[..nth].iter().sum();
            let many = self
                .snapshot
                .get_many(INDEXED, ids.clone(), before + size - 1);
            prop_assert_eq!(wait(many).expect("records").len(), nth + 1);
        }
        let total: usize = sizes.iter().sum();
        for (by, descending) in [(By::Id, false), (By::Id, true), (By::Property(4), false)] {
            for max_bytes in [0, total / 2, total] {
                let query = Query {
                    filter: QueryFilter::All,
                    order: vec![QueryOrder { by, descending }],
                    limit: usize::MAX / 4,
                    skip: 0,
                    after: None,
                    max_bytes,
                };
                let found = wait(self.snapshot.find(INDEXED, query)).expect("a list");
                let read: usize = found.records.iter().map(|it| it.sent().len()).sum();
                let last = found.records.last().map_or(0, |it| it.sent().len());
                // The first records that do not fit are the last that are read.
                prop_assert!(read - last <= max_bytes, "{} of {}", read, max_bytes);
                let is_whole = found.records.len() == sizes.len();
                prop_assert!(is_whole || found.more && read > max_bytes);
            }
        }
        if let Some(first) = all.iter().flatten().next() {
            let values = vec![Scalar::read(first.value(1)).into_owned(); 3];
            let related =
                self.snapshot
                    .related(INDEXED, 1, values, QueryFilter::All, usize::MAX, 0);
            let lists = wait(related).expect("lists");
            let read = lists.iter().map(|list| list.records.len()).sum::<usize>();
            prop_assert_eq!((lists.len(), read), (1, 1));
            // The record after the limit takes no room.
            let value = Scalar::read(first.value(1)).into_owned();
            let list = |limit, max_bytes| {
                let values = vec![value.clone(); 3];
                let related =
                    self.snapshot
                        .related(INDEXED, 1, values, QueryFilter::All, limit, max_bytes);
                wait(related).expect("lists")
            };
            let all = &list(usize::MAX, usize::MAX)[0].records;
            if let Some((_, page)) = all.split_last() {
                let bytes: usize = page.iter().map(|it| it.sent().len()).sum();
                prop_assert_eq!(list(page.len(), 3 * bytes).len(), 3);
            }
        }
        Ok(())
    }

    /// Reads the records of each value that exists, of null, and of a value that no record has.
    fn check_related(&self, property: usize, limit: usize) -> Result<(), TestCaseError> {
        let indexed = self.tables.iter().filter(|((at, _), _)| *at == INDEXED);
        let mut values: Vec<Value> = indexed
            .map(|(_, (text, _))| commit_model::value(text, property))
            .collect();
        values.extend([Value::Null, "missing".into(), 77.into()]);
        let requested = values
            .iter()
            .map(|value| Scalar::read(&value.to_string()).into_owned());
        let requested: Vec<_> = requested.collect();
        for prefix in ["", "a"] {
            let filter = QueryFilter::Prefix {
                property: 0,
                prefix: prefix.into(),
            };
            let answer = self.snapshot.related(
                INDEXED,
                property,
                requested.clone(),
                filter,
                limit,
                usize::MAX,
            );
            let lists = wait(answer).expect("lists");
            prop_assert_eq!(lists.len(), values.len());
            for (value, list) in values.iter().zip(lists) {
                let mut holders = commit_model::holders(&self.tables, INDEXED, property, value);
                holders.retain(|id| id.starts_with(prefix));
                let listed: Vec<&str> = list.records.iter().map(|it| it.id()).collect();
                prop_assert_eq!(&listed, &holders[..limit.min(holders.len())], "{}", value);
                prop_assert_eq!(list.more, holders.len() > limit, "{}", value);
            }
        }
        Ok(())
    }
}

/// Checks that a snapshot contains only the requested resources.
pub(super) fn check_others(store: &dyn Store) {
    let snapshot = wait(store.snapshot(&[INDEXED])).expect("a snapshot");
    let everything = Query {
        filter: QueryFilter::All,
        order: Vec::new(),
        limit: 1,
        skip: 0,
        after: None,
        max_bytes: usize::MAX,
    };
    assert!(wait(snapshot.find(INDEXED, everything.clone())).is_ok());
    assert!(wait(snapshot.find(2, everything)).is_err());
    assert!(wait(snapshot.get_many(2, vec!["a".into()], 1)).is_err());
    assert!(wait(snapshot.related(2, 1, vec![Scalar::Null], QueryFilter::All, 1, 1)).is_err());
    assert!(wait(store.snapshot(&[INDEXED, 77])).is_err());
}
