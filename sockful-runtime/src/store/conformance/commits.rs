//! Random histories of commits, compared with maps.

use super::commit_model;
use super::commit_model::{ExpectedRejection, Tables, text};
use super::events;
use super::events::{EmittedText, RandomEvent};
use super::snapshots::TakenSnapshot;
use super::{cases, wait};
use crate::model::record::Record;
use crate::query::{Query, QueryFilter};
use crate::store::commit::{Commit, Expect, Operation};
use crate::store::conformance::sample;
use crate::store::{Expired, Store};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The effect of one operation of a random commit on its record.
#[derive(Clone, Debug)]
pub(super) struct RecordStep {
    kind: StepKind,
    expect: Expected,
    creature: Value,
}

#[derive(Clone, Copy, Debug)]
enum StepKind {
    Put,
    Delete,
    Assert,
}

#[derive(Clone, Copy, Debug)]
enum Expected {
    Any,
    Absent,
    Present,
    /// The stored revision.
    Current,
    /// Another revision.
    Old,
}

/// Asserts that no record has this value of the property after the commit.
#[derive(Clone, Debug)]
struct ChildlessCheck {
    /// The position among the operations.
    place: Index,
    property: usize,
    value: Value,
}

/// A commit: its changes, assertions and events.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    of_records: BTreeMap<(usize, &'static str), RecordStep>,
    childless: Vec<ChildlessCheck>,
    events: Vec<RandomEvent>,
}

/// The resource with unique names, whose other properties have indexes.
const INDEXED: usize = 1;
const IDS: [&str; 4] = ["a", "b", "🐉", "c"];

pub(super) fn histories() -> impl Strategy<Value = Vec<Steps>> {
    let kind = select(vec![
        StepKind::Put,
        StepKind::Put,
        StepKind::Put,
        StepKind::Delete,
        StepKind::Assert,
    ]);
    let expect = select(vec![
        Expected::Any,
        Expected::Any,
        Expected::Any,
        Expected::Present,
        Expected::Current,
        Expected::Absent,
        Expected::Old,
    ]);
    let step = (kind, expect, cases::creature());
    let step = step.prop_map(|(kind, expect, creature)| RecordStep {
        kind,
        expect,
        creature,
    });
    let names = [
        (1, "name"),
        (2, "kind"),
        (3, "life"),
        (4, "weight"),
        (5, "tame"),
    ];
    let value = select(names.to_vec())
        .prop_flat_map(|(property, name)| (Just(property), cases::value_or_null(name)));
    let childless = (any::<Index>(), value);
    let childless = childless.prop_map(|(place, (property, value))| ChildlessCheck {
        place,
        property,
        value,
    });
    let steps = (
        btree_map((0..2_usize, select(&IDS[..])), step, 0..4),
        prop_oneof![2 => Just(Vec::new()), 1 => vec(childless, 1..3)],
        prop_oneof![1 => Just(Vec::new()), 1 => vec(events::event(&IDS), 1..4)],
    );
    let steps = steps.prop_map(|(of_records, childless, events)| Steps {
        of_records,
        childless,
        events,
    });
    vec(steps, 0..20)
}

impl Steps {
    /// Returns the operations of the commit on these tables.
    fn operations(&self, tables: &Tables) -> Vec<Operation> {
        let each = self.of_records.iter();
        let operations = each.map(|((resource, id), step)| step.operation(*resource, id, tables));
        let mut operations: Vec<_> = operations.collect();
        for one in &self.childless {
            let childless = Operation::AssertNoChildren {
                resource: INDEXED,
                property: one.property,
                value: one.value.to_string().into(),
            };
            operations.insert(one.place.index(operations.len() + 1), childless);
        }
        for event in &self.events {
            event.join(&mut operations);
        }
        operations
    }
}

impl RecordStep {
    fn operation(&self, resource: usize, id: &str, tables: &Tables) -> Operation {
        let stored = tables.get(&(resource, id.to_owned())).map(|(_, rev)| *rev);
        let expect = match self.expect {
            Expected::Any => Expect::Any,
            Expected::Absent => Expect::Absent,
            Expected::Present => Expect::Present,
            Expected::Current => Expect::Rev(stored.unwrap_or(1)),
            Expected::Old => Expect::Rev(stored.unwrap_or(1) - 1),
        };
        let id: Box<str> = id.into();
        match self.kind {
            StepKind::Put => {
                let mut creature = self.creature.clone();
                creature["id"] = (*id).into();
                Operation::Put {
                    resource,
                    record: sample::record(&sample::model(), &creature.to_string()),
                    expect,
                }
            }
            StepKind::Delete => Operation::Delete {
                resource,
                id,
                expect,
            },
            StepKind::Assert => Operation::Assert {
                resource,
                id,
                expect,
            },
        }
    }
}

pub(super) fn check_history(store: &dyn Store, history: &[Steps]) -> Result<(), TestCaseError> {
    let (mut tables, mut seq, mut snapshots) = (Tables::new(), 0, Vec::new());
    let mut logged = Vec::new();
    for (nth, steps) in history.iter().enumerate() {
        if nth % 4 == 0 {
            snapshots.push(TakenSnapshot::new(store, seq, &tables));
        }
        let operations = steps.operations(&tables);
        let expected = commit_model::apply(&tables, &operations, seq + 1);
        let expected = expected.map(|changed| {
            let logged = events::expected_events(&tables, &changed, &operations);
            (changed, logged)
        });
        let commit = Commit {
            operations,
            ..Commit::default()
        };
        match (wait(store.commit(commit)), expected) {
            (Err(rejected), Err(refused)) => {
                prop_assert_eq!(ExpectedRejection::of(&rejected), Some(refused));
            }
            (Ok(committed), Ok((changed, emitted))) => {
                prop_assert_eq!(committed.changes.is_empty(), changed == tables);
                prop_assert_eq!(events::of(&committed.emitted), emitted.clone());
                if !committed.is_empty() {
                    seq += 1;
                    logged.push(emitted);
                }
                prop_assert_eq!(committed.seq, seq);
                tables = changed;
            }
            (answer, expected) => prop_assert!(false, "returned {answer:?}, expected {expected:?}"),
        }
        prop_assert_eq!(wait(store.head()).expect("a head"), seq);
    }
    for taken in snapshots {
        taken.check(&IDS)?;
    }
    prop_assert_eq!(&listed(store), &tables);
    check_log(store, &tables, &logged)
}

/// Replays the log, whose commits have the events `logged`, and reads it from each position.
fn check_log(
    store: &dyn Store,
    tables: &Tables,
    logged: &[Vec<EmittedText>],
) -> Result<(), TestCaseError> {
    let head = logged.len() as u64;
    let log = wait(store.log(0, usize::MAX)).expect("the log has all commits");
    let seqs: Vec<u64> = log.iter().map(|committed| committed.seq).collect();
    prop_assert_eq!(seqs, (1..=head).collect::<Vec<_>>());
    let mut replayed = Tables::new();
    for (committed, logged) in log.iter().zip(logged) {
        prop_assert_eq!(&events::of(&committed.emitted), logged);
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
        let part = wait(store.log(after, 2)).expect("the position is in the log");
        let seqs: Vec<u64> = part.iter().map(|committed| committed.seq).collect();
        prop_assert_eq!(seqs, (after + 1..=head).take(2).collect::<Vec<_>>());
    }
    prop_assert_eq!(wait(store.log(head + 1, 2)).err(), Some(Expired));
    Ok(())
}

/// Reads all records of the store in each of its ways.
fn listed(store: &dyn Store) -> Tables {
    let mut tables = Tables::new();
    for resource in 0..2 {
        let query = Query {
            filter: QueryFilter::All,
            order: Vec::new(),
            limit: 100,
            skip: 0,
            after: None,
            max_bytes: usize::MAX,
        };
        let found = wait(store.find(resource, query)).expect("a list").value;
        let ids: Vec<Box<str>> = IDS.iter().map(|id| (*id).into()).collect();
        let many = wait(store.get_many(resource, ids, usize::MAX))
            .expect("records")
            .value;
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
