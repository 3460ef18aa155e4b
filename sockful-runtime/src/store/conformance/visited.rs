//! Checks that a query reads at most `store.max_visited` records.

use super::wait;
use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind};
use crate::model::scalar::Scalar;
use crate::query::{By, CompareOp, Query, QueryFilter, QueryOrder};
use crate::store::Store;
use crate::store::commit::{Commit, Expect, Operation};
use crate::store::conformance::sample;

/// The sample resource without indexes, and one with indexes; the position of `kind` in both.
const PLAIN: usize = 0;
const INDEXED: usize = 1;
const KIND: usize = 2;

/// Limits that allow ten records to be read.
pub(super) fn limits() -> Config {
    let mut config = Config::default();
    config.store.max_visited = 10;
    config
}

/// Checks a store with these limits.
pub(super) fn check(store: &dyn Store) {
    for resource in [PLAIN, INDEXED] {
        for n in 0..30 {
            put(store, resource, n);
        }
    }
    let find = |resource, query| {
        let found = wait(store.find(resource, query));
        found.map(|found| found.value.records.len())
    };
    let count = |resource, filter| {
        let counted = wait(store.count(resource, filter));
        counted.map(|counted| counted.value.count)
    };
    // A page in the order of ids reads only itself and the first record of the next page.
    assert_eq!(
        find(PLAIN, query(QueryFilter::All, 5)).expect("within the limit"),
        5
    );
    assert_over(find(PLAIN, query(QueryFilter::All, 30)));
    // A third of the records match, but each has to be read.
    assert_over(find(PLAIN, query(kind("a"), 8)));
    assert_over(count(PLAIN, kind("a")));
    // With an index only the matching third is read.
    assert_eq!(
        find(INDEXED, query(kind("a"), 8)).expect("within the limit"),
        8
    );
    assert_eq!(count(INDEXED, kind("a")).expect("within the limit"), 10);
    let sorted = Query {
        order: vec![QueryOrder {
            by: By::Property(KIND),
            descending: false,
        }],
        ..query(QueryFilter::All, 5)
    };
    assert_over(find(PLAIN, sorted));

    let snapshot = wait(store.snapshot(&[PLAIN, INDEXED])).expect("a snapshot");
    assert_over(wait(snapshot.find(PLAIN, query(kind("a"), 8))));
    let related = |values: &[&'static str]| {
        let values = values.iter().map(|text| Scalar::Text((*text).into()));
        let values = values.collect();
        wait(snapshot.related(INDEXED, KIND, values, QueryFilter::All, 100, usize::MAX))
    };
    assert_eq!(related(&["a"]).expect("ten records are allowed").len(), 1);
    // All values of one request count together.
    assert_over(related(&["a", "b"]));
}

fn assert_over<T>(answer: Result<T, Error>) {
    let error = answer.err().expect("more than ten records are read");
    assert_eq!(error.kind(), ErrorKind::TooMany);
    let json = serde_json::to_value(&error).expect("an error is JSON");
    let limit = serde_json::json!({"name": "max_visited", "value": 10});
    assert_eq!(json["limit"], limit);
}

fn put(store: &dyn Store, resource: usize, n: usize) {
    let kind = ["a", "b", "c"][n % 3];
    let text = format!(r#"{{"id":"{n:02}","name":"{n}","kind":"{kind}","life":1}}"#);
    let put = Operation::Put {
        resource,
        record: sample::record(&sample::model(), &text),
        expect: Expect::Absent,
    };
    let operations = vec![put];
    let commit = Commit {
        operations,
        ..Commit::default()
    };
    wait(store.commit(commit)).expect("the id is new");
}

fn query(filter: QueryFilter, limit: usize) -> Query {
    Query {
        filter,
        order: Vec::new(),
        limit,
        skip: 0,
        after: None,
        max_bytes: usize::MAX,
    }
}

fn kind(text: &'static str) -> QueryFilter {
    QueryFilter::Compare {
        property: KIND,
        is: CompareOp::Equal,
        value: Scalar::Text(text.into()),
    }
}
