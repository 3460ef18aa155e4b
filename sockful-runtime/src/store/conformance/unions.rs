//! Checks that the number of records that a search reads depends on the matching ones, not on the
//! others, regardless of how the conditions are combined, and in every store alike.

use super::wait;
use crate::model::scalar::Scalar;
use crate::query::{By, CompareOp, Cursor, Query, QueryFilter, QueryOrder};
use crate::store::Store;
use crate::store::commit::{Commit, Expect, Operation};
use crate::store::conformance::sample;

/// The sample resource with indexes, and the positions of its properties; `CTIME` has no index.
const SORTED: usize = 2;
const NAME: usize = 1;
const KIND: usize = 2;
const LIFE: usize = 3;
const CTIME: usize = 7;

/// The number of records at first, and the number added later.
const FEW: usize = 300;
const MANY: usize = 1_200;

/// Checks an empty store.
pub(super) fn check(store: &dyn Store) {
    fill(store, 0..FEW);
    let before = all_visited(store);
    fill(store, FEW..MANY);
    assert_eq!(all_visited(store), before);
}

/// Six of the first records are mine and six are published; two of them are both.
fn fill(store: &dyn Store, range: std::ops::Range<usize>) {
    let model = sample::model();
    let put = |n: usize| {
        let name = if [10, 60, 110, 160, 210, 260].contains(&n) {
            "me".to_owned()
        } else {
            format!("owner {n}")
        };
        let is_published = [60, 90, 130, 190, 210, 290].contains(&n);
        let kind = if is_published { "published" } else { "draft" };
        let text = format!(
            r#"{{"id":"{n:05}","name":"{name}","kind":"{kind}","life":{n},"weight":{n}.5,"ctime":1}}"#
        );
        Operation::Put {
            resource: SORTED,
            record: sample::record(&model, &text),
            expect: Expect::Absent,
        }
    };
    let commit = Commit {
        operations: range.map(put).collect(),
        ..Commit::default()
    };
    wait(store.commit(commit)).expect("the ids are new");
}

/// Returns the number of records that each of several searches reads.
fn all_visited(store: &dyn Store) -> Vec<usize> {
    let mut all = Vec::new();
    // Each matching range is read, so two of the records are read twice.
    for filter in [policy(), narrowed(), nested(), negated()] {
        all.extend(visited(store, &filter, 12));
    }
    // A list that intersects others, and the complement of the most frequent value.
    let lists = QueryFilter::And(vec![
        one_of(NAME, &["a", "me", "x"]),
        one_of(NAME, &["b", "me", "y"]),
        QueryFilter::Or(vec![one_of(NAME, &["me"]), one_of(NAME, &["x", "y"])]),
    ]);
    assert_eq!(count(store, &lists), (6, 6));
    assert_eq!(count(store, &equal(KIND, "draft").negated()), (6, 6));
    all
}

fn visited(store: &dyn Store, filter: &QueryFilter, candidates: usize) -> [usize; 6] {
    let find = |order: Option<(By, bool)>, limit, after| {
        let order = order.map(|(by, descending)| QueryOrder { by, descending });
        let query = Query {
            filter: filter.clone(),
            order: order.into_iter().collect(),
            limit,
            skip: 0,
            after,
            max_bytes: usize::MAX,
        };
        let found = wait(store.find(SORTED, query)).expect("a list").value;
        let ids = found.records.iter().map(|it| it.id().to_owned());
        (ids.collect::<Vec<_>>(), found.visited)
    };
    let ids = [10, 60, 90, 110, 130, 160, 190, 210, 260, 290];
    let ids = ids.map(|n| format!("{n:05}"));
    let (all, of_all) = find(None, 100, None);
    assert_eq!((&all[..], of_all), (&ids[..], candidates));
    assert_eq!(count(store, filter), (ids.len(), candidates));
    // In the order of ids the ranges are merged: only the page and the next record are read.
    assert_eq!(find(None, 1, None), (vec![ids[0].clone()], 2));
    let last = vec![ids[9].clone()];
    assert_eq!(find(Some((By::Id, true)), 1, None), (last.clone(), 2));
    let after = |keys: Box<[Scalar<'static>]>, n: usize| {
        let id = ids[n].as_str().into();
        Some(Cursor { keys, id })
    };
    let second = find(None, 2, after(Box::default(), 1));
    assert_eq!(second, (ids[2..4].to_vec(), 3));
    let second = find(Some((By::Id, true)), 2, after(Box::default(), 8));
    assert_eq!(second, (vec![ids[7].clone(), ids[6].clone()], 3));
    // An index in the right order is abandoned for the ranges as soon as it turns out to be longer.
    let by_life = (By::Property(LIFE), true);
    let (first, of_walk) = find(Some(by_life), 1, None);
    assert_eq!(first, last);
    assert!(of_walk <= 16 + candidates, "{of_walk}");
    let keys: Box<[_]> = [Scalar::Number(290.0)].into();
    let (next, of_page) = find(Some(by_life), 1, after(keys, 9));
    assert_eq!(next, [ids[8].clone()]);
    assert!(of_page <= 16 + candidates, "{of_page}");
    let (first, of_sort) = find(Some((By::Property(CTIME), false)), 1, None);
    assert_eq!((first, of_sort), (vec![ids[0].clone()], candidates));
    [of_all, of_walk, of_page, of_sort, all.len(), candidates]
}

fn count(store: &dyn Store, filter: &QueryFilter) -> (usize, usize) {
    let counted = wait(store.count(SORTED, filter.clone())).expect("a count");
    (counted.value.count, counted.value.visited)
}

/// Matches my records and published ones.
fn policy() -> QueryFilter {
    QueryFilter::Or(vec![equal(NAME, "me"), equal(KIND, "published")])
}

/// The same with a condition of the caller that no index supports.
fn narrowed() -> QueryFilter {
    QueryFilter::And(vec![policy(), since(0.0)])
}

/// The same with nested combinations.
fn nested() -> QueryFilter {
    let mine = QueryFilter::And(vec![since(0.0), equal(NAME, "me")]);
    let published = QueryFilter::Or(vec![
        equal(KIND, "nothing"),
        QueryFilter::And(vec![
            QueryFilter::Or(vec![equal(KIND, "published"), equal(KIND, "other")]),
            since(1.0),
        ]),
    ]);
    QueryFilter::And(vec![
        QueryFilter::Or(vec![mine, published]),
        since(2.0).negated(),
    ])
}

/// The same with negations.
fn negated() -> QueryFilter {
    QueryFilter::And(vec![
        equal(NAME, "me").negated(),
        equal(KIND, "published").negated(),
    ])
    .negated()
}

fn since(time: f64) -> QueryFilter {
    QueryFilter::Compare {
        property: CTIME,
        is: CompareOp::GreaterOrEqual,
        value: Scalar::Number(time),
    }
}

fn equal(property: usize, text: &'static str) -> QueryFilter {
    QueryFilter::Compare {
        property,
        is: CompareOp::Equal,
        value: Scalar::Text(text.into()),
    }
}

fn one_of(property: usize, texts: &[&'static str]) -> QueryFilter {
    let values = texts.iter().map(|text| Scalar::Text((*text).into()));
    QueryFilter::one_of(property, values.collect())
}
