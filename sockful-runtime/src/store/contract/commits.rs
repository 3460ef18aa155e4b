//! Random histories of commits, against maps.

use super::{cases, wait};
use crate::commit::{Commit, Expect, Operation, Rejected};
use crate::query::{Filter, Query};
use crate::record::Record;
use crate::sample;
use crate::store::{Expired, Store};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one operation of a random commit does to the record it names.
#[derive(Clone, Debug)]
pub(super) struct Step {
    kind: Kind,
    expect: Expected,
    creature: Value,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Put,
    Delete,
    Assert,
}

#[derive(Clone, Copy, Debug)]
enum Expected {
    Any,
    Absent,
    /// The revision that is stored.
    Current,
    /// One that is not.
    Old,
}

/// Commits, each with what it does to which record of which resource.
type History = Vec<BTreeMap<(usize, &'static str), Step>>;

/// What is stored, as the plain model sees it: the text without the revision, and the revision.
type Tables = BTreeMap<(usize, String), (String, u64)>;

const IDS: [&str; 4] = ["a", "b", "🐉", "c"];

pub(super) fn histories() -> impl Strategy<Value = History> {
    let kind = select(vec![
        Kind::Put,
        Kind::Put,
        Kind::Put,
        Kind::Delete,
        Kind::Assert,
    ]);
    let expect = select(vec![
        Expected::Any,
        Expected::Any,
        Expected::Current,
        Expected::Absent,
        Expected::Old,
    ]);
    let step = (kind, expect, cases::creature());
    let step = step.prop_map(|(kind, expect, creature)| Step {
        kind,
        expect,
        creature,
    });
    vec(btree_map((0..2_usize, select(&IDS[..])), step, 0..4), 0..20)
}

pub(super) fn check_history(store: &dyn Store, history: &History) -> Result<(), TestCaseError> {
    let model = sample::model();
    let (mut tables, mut seq) = (Tables::new(), 0);
    for steps in history {
        let (mut operations, mut conflict, mut changed) = (Vec::new(), None, tables.clone());
        for (nth, ((resource, id), step)) in steps.iter().enumerate() {
            let (resource, key) = (*resource, (*resource, (*id).to_owned()));
            let stored = tables.get(&key).map(|(_, rev)| *rev);
            let (expect, holds) = match (step.expect, stored) {
                (Expected::Any, _) => (Expect::Any, true),
                (Expected::Absent, stored) => (Expect::Absent, stored.is_none()),
                (Expected::Current, Some(rev)) => (Expect::Rev(rev), true),
                (Expected::Current, None) => (Expect::Rev(seq), false),
                (Expected::Old, stored) => (Expect::Rev(stored.unwrap_or(1) - 1), false),
            };
            if !holds {
                conflict = conflict.or(Some(nth));
            }
            let id: Box<str> = (*id).into();
            operations.push(match step.kind {
                Kind::Put => {
                    let mut creature = step.creature.clone();
                    creature["id"] = (*id).into();
                    let record = sample::record(&model, &creature.to_string());
                    changed.insert(key, (text(&record), seq + 1));
                    Operation::Put {
                        resource,
                        record,
                        expect,
                    }
                }
                Kind::Delete => {
                    changed.remove(&key);
                    Operation::Delete {
                        resource,
                        id,
                        expect,
                    }
                }
                Kind::Assert => Operation::Assert {
                    resource,
                    id,
                    expect,
                },
            });
        }
        let taken = repeats(&changed);
        match (wait(store.commit(Commit { operations })), conflict) {
            (Err(Rejected::Conflict(at)), Some(nth)) => prop_assert_eq!(at, nth),
            (Err(Rejected::Taken { property, .. }), None) if taken => prop_assert_eq!(property, 1),
            (Ok(committed), None) if !taken => {
                seq += u64::from(changed != tables);
                prop_assert_eq!(committed.seq, seq);
                prop_assert_eq!(committed.changes.is_empty(), changed == tables);
                tables = changed;
            }
            (answer, conflict) => prop_assert!(false, "{answer:?} where {conflict:?} was expected"),
        }
        prop_assert_eq!(wait(store.head()).expect("a head"), seq);
    }
    prop_assert_eq!(&listed(store), &tables);
    check_log(store, seq, &tables)
}

/// Whether two records of the resource with unique names have one name.
fn repeats(tables: &Tables) -> bool {
    let of_resource = tables.iter().filter(|((resource, _), _)| *resource == 1);
    let names = of_resource.filter_map(|(_, (text, _))| {
        let record: Value = serde_json::Deserializer::from_str(text)
            .into_iter()
            .next()?
            .ok()?;
        record["name"].as_str().map(str::to_owned)
    });
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names.windows(2).any(|two| two[0] == two[1])
}

/// Replays the log, and looks at it from each of its ends.
fn check_log(store: &dyn Store, head: u64, tables: &Tables) -> Result<(), TestCaseError> {
    let log = wait(store.log(0, usize::MAX)).expect("the log reaches back to the start");
    let seqs: Vec<u64> = log.iter().map(|committed| committed.seq).collect();
    prop_assert_eq!(seqs, (1..=head).collect::<Vec<_>>());
    let mut replayed = Tables::new();
    for committed in &log {
        for change in &committed.changes {
            let either = change.after.as_ref().or(change.before.as_ref());
            let key = (
                change.resource,
                either.expect("a change of a record").id().to_owned(),
            );
            let of = |record: &Option<Arc<Record>>| record.as_ref().map(|it| (text(it), it.rev()));
            prop_assert_eq!(replayed.get(&key).cloned(), of(&change.before));
            match of(&change.after) {
                Some(after) => {
                    prop_assert_eq!(after.1, committed.seq);
                    replayed.insert(key, after)
                }
                None => replayed.remove(&key),
            };
        }
    }
    prop_assert_eq!(&replayed, tables);
    for after in 0..=head {
        let part = wait(store.log(after, 2)).expect("within the log");
        let seqs: Vec<u64> = part.iter().map(|committed| committed.seq).collect();
        prop_assert_eq!(seqs, (after + 1..=head).take(2).collect::<Vec<_>>());
    }
    prop_assert_eq!(wait(store.log(head + 1, 2)).err(), Some(Expired));
    Ok(())
}

/// What the store has, read in each of its ways.
fn listed(store: &dyn Store) -> Tables {
    let mut tables = Tables::new();
    for resource in 0..2 {
        let query = Query {
            filter: Filter::All,
            order: Vec::new(),
            limit: 100,
            skip: 0,
            after: None,
        };
        let found = wait(store.find(resource, query)).expect("a list").value;
        let ids: Vec<Box<str>> = IDS.iter().map(|id| (*id).into()).collect();
        let many = wait(store.get_many(resource, ids)).expect("records").value;
        for (id, record) in IDS.iter().zip(many) {
            let one = wait(store.get(resource, id)).expect("a record").value;
            assert_eq!(one, record);
            let Some(record) = record else { continue };
            assert!(found.records.contains(&record), "{record:?} is not listed");
            tables.insert((resource, (*id).to_owned()), (text(&record), record.rev()));
        }
        let of_resource = tables.keys().filter(|(at, _)| *at == resource);
        assert_eq!(of_resource.count(), found.records.len());
    }
    tables
}

fn text(record: &Record) -> String {
    format!("{}{}", record.sent(), record.kept())
}
