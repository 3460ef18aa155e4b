//! Random histories of commits that depend on lists, compared with the changes recorded by the model.

use super::cases::{Case, case, creature};
use super::{oracle, parse, wait};
use crate::core::json::object::Object;
use crate::query;
use crate::query::{Cursor, Query};
use crate::store::Store;
use crate::store::commit::{Commit, Expect, Operation, Rejected};
use crate::store::conformance::sample;
use crate::store::guard::{Guard, GuardedRange};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use std::collections::BTreeMap;

/// The sample resource without indexes, and the one with indexes.
const RESOURCES: [usize; 2] = [0, 2];
const IDS: [&str; 5] = ["a", "b", "🐉", "c", "B"];

/// A commit that depends on some of the earlier lists, and a list that is read after it.
#[derive(Clone, Debug)]
pub(super) struct GuardStep {
    /// The value to store under each id, `None` to remove the record.
    writes: BTreeMap<(usize, &'static str), Option<Value>>,
    dependencies: Vec<Index>,
    list: Option<ListStep>,
}

#[derive(Clone, Debug)]
struct ListStep {
    resource: usize,
    case: Case,
    kind: ListKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListKind {
    Count,
    First,
    /// The part of the list after the first page.
    Second,
}

/// A list that was read, as the plain model sees it.
struct ReadList {
    guard: Guard,
    case: Case,
    after: Option<Value>,
    last: Option<Value>,
}

/// The records of the plain model.
type Creatures = BTreeMap<(usize, String), Value>;
/// A changed record of a resource, before or after its change.
type Image = (usize, Value);

pub(super) fn histories() -> impl Strategy<Value = Vec<GuardStep>> {
    let written = prop_oneof![3 => creature().prop_map(Some), 1 => Just(None)];
    let key = (select(&RESOURCES[..]), select(&IDS[..]));
    let kinds = [ListKind::Count, ListKind::First, ListKind::Second];
    let list = (select(&RESOURCES[..]), case(), select(kinds.to_vec()));
    let list = list.prop_map(|(resource, case, kind)| ListStep {
        resource,
        case,
        kind,
    });
    let step = (
        btree_map(key, written, 0..3),
        vec(any::<Index>(), 0..3),
        prop::option::weighted(0.7, list),
    );
    let step = step.prop_map(|(writes, dependencies, list)| GuardStep {
        writes,
        dependencies,
        list,
    });
    vec(step, 0..20)
}

impl GuardStep {
    fn operations(&self) -> Vec<Operation> {
        let operations = self.writes.iter().map(|(&(resource, id), creature)| {
            let expect = Expect::Any;
            match creature {
                Some(creature) => Operation::Put {
                    resource,
                    record: sample::record(&sample::model(), &with_id(creature, id).to_string()),
                    expect,
                },
                None => Operation::Delete {
                    resource,
                    id: id.into(),
                    expect,
                },
            }
        });
        operations.collect()
    }

    /// Applies the writes to the plain model, and returns the images before and after.
    fn apply(&self, creatures: &mut Creatures) -> Vec<Image> {
        let mut images = Vec::new();
        for (&(resource, id), creature) in &self.writes {
            let key = (resource, id.to_owned());
            let before = match creature {
                Some(creature) => {
                    images.push((resource, with_id(creature, id)));
                    creatures.insert(key, with_id(creature, id))
                }
                None => creatures.remove(&key),
            };
            images.extend(before.map(|before| (resource, before)));
        }
        images
    }
}

fn with_id(creature: &Value, id: &str) -> Value {
    let mut creature = creature.clone();
    creature["id"] = id.into();
    creature
}

impl ListStep {
    /// Reads the list; `None` if there is no second one.
    fn read(&self, store: &dyn Store, creatures: &Creatures) -> Option<ReadList> {
        let model = sample::model();
        let (resource, case) = (self.resource, self.case.clone());
        if self.kind == ListKind::Count {
            let conditions = case.conditions.to_string();
            let given = Object::parse(&conditions).expect("an object");
            let filter = query::conditions(&model, &given, crate::query::RelationScope::NONE)
                .expect("conditions");
            let counted = wait(store.count(resource, filter.clone())).expect("a count");
            let guard = Guard {
                resource,
                filter,
                range: None,
                read_seq: counted.seq,
            };
            let (after, last) = (None, None);
            return Some(ReadList {
                guard,
                case,
                after,
                last,
            });
        }
        let (mut query, order) = parse(&model, &case.query(case.limit.max(1), 0, None));
        if self.kind == ListKind::Second {
            let first = wait(store.find(resource, query.clone())).expect("a list");
            let last = first.value.records.last()?;
            query.after = Some(Cursor::at(&order, last));
            return Some(self.read_part(store, creatures, query, Some(last.id())));
        }
        Some(self.read_part(store, creatures, query, None))
    }

    fn read_part(
        &self,
        store: &dyn Store,
        creatures: &Creatures,
        query: Query,
        after: Option<&str>,
    ) -> ReadList {
        let resource = self.resource;
        let creature = |id: &str| creatures[&(resource, id.to_owned())].clone();
        let found = wait(store.find(resource, query.clone())).expect("a list");
        let last = found.value.records.last();
        let last = last.filter(|_| found.value.more);
        ReadList {
            guard: Guard {
                resource,
                filter: query.filter,
                range: Some(GuardedRange {
                    last: last.map(|last| Cursor::at(&query.order, last)),
                    after: query.after,
                    order: query.order,
                }),
                read_seq: found.seq,
            },
            case: self.case.clone(),
            after: after.map(creature),
            last: last.map(|last| creature(last.id())),
        }
    }
}

impl ReadList {
    /// Returns whether a later commit changed a record in the part of the list that was read.
    fn is_broken(&self, log: &[Vec<Image>]) -> bool {
        let since = log
            .iter()
            .skip(usize::try_from(self.guard.read_seq).expect("a small number"));
        since.flatten().any(|(resource, image)| {
            let place = |other| oracle::in_order(image, other, &self.case.sort);
            *resource == self.guard.resource
                && oracle::meets(image, &self.case.conditions)
                && self.after.as_ref().is_none_or(|after| place(after).is_gt())
                && self.last.as_ref().is_none_or(|last| place(last).is_le())
        })
    }
}

pub(super) fn check_history(store: &dyn Store, history: &[GuardStep]) -> Result<(), TestCaseError> {
    let (mut creatures, mut lists, mut log) =
        (Creatures::new(), Vec::<ReadList>::new(), Vec::new());
    for step in history {
        let dependencies: Vec<_> = match &*lists {
            [] => Vec::new(),
            lists => step.dependencies.iter().map(|it| it.get(lists)).collect(),
        };
        let commit = Commit {
            operations: step.operations(),
            guards: dependencies.iter().map(|it| it.guard.clone()).collect(),
            ..Commit::default()
        };
        let broken = dependencies.iter().map(|it| it.is_broken(&log));
        let broken: Vec<_> = broken.collect();
        match wait(store.commit(commit)) {
            Err(Rejected::GuardFailed(at)) => prop_assert!(broken[at], "guard {at} holds"),
            Ok(committed) => {
                prop_assert!(!broken.contains(&true), "a broken guard was accepted");
                let images = step.apply(&mut creatures);
                if !images.is_empty() {
                    log.push(images);
                }
                prop_assert_eq!(committed.seq, log.len() as u64);
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
        if let Some(list) = &step.list {
            lists.extend(list.read(store, &creatures));
        }
    }
    Ok(())
}

/// Checks that of two concurrent commits which depend on one count and change it, one is accepted.
pub(super) fn check_at_once(store: &dyn Store) {
    let model = sample::model();
    let filter = query::QueryFilter::All;
    let read_seq = wait(store.count(0, filter.clone())).expect("a count").seq;
    let commit = |id: &str| Commit {
        operations: vec![Operation::Put {
            resource: 0,
            record: sample::record(&model, &format!(r#"{{"id":"{id}"}}"#)),
            expect: Expect::Absent,
        }],
        guards: vec![Guard {
            resource: 0,
            filter: filter.clone(),
            range: None,
            read_seq,
        }],
        ..Commit::default()
    };
    let ids = ["a", "b", "c", "d"];
    let commits = ids.map(|id| store.commit(commit(id)));
    let answers = wait(futures_util::future::join_all(commits));
    let (taken, rejected): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(taken.len(), 1, "{taken:?}");
    let is_broken = |it: &Result<_, Rejected>| matches!(it, Err(Rejected::GuardFailed(0)));
    assert!(rejected.iter().all(is_broken), "{rejected:?}");
    assert_eq!(
        wait(store.count(0, filter)).expect("a count").value.count,
        1
    );
}
