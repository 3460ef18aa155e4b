//! Tests of searches that the stores of this crate share, by the charged work.

use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind};
use crate::model::scalar::Scalar;
use crate::query::{By, CompareOp, Query, QueryFilter, QueryOrder};
use crate::store::Store;
use crate::store::commit::{Commit, Expect, Operation};
use crate::store::conformance::{sample, wait};
use crate::store::scan::testing::Charges;
use std::ops::Range;

const NAME: usize = 1;
const KIND: usize = 2;
const LIFE: usize = 3;

/// Opens an empty store with one resource, which has indexes.
fn open(store: &dyn Store) {
    wait(store.open(&[sample::SORTED])).expect("an empty store can be opened");
}

/// Adds records. All have the same kind; the first 400 have one name, some late ones another.
fn fill(store: &dyn Store, range: Range<usize>) {
    let model = sample::model();
    let put = |n: usize| {
        let name = match n {
            0..400 => "early",
            1_600..2_150 => "late",
            _ => "me",
        };
        let text = format!(r#"{{"id":"{n:05}","name":"{name}","kind":"draft","life":{n}}}"#);
        Operation::Put {
            resource: 0,
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

fn equal(property: usize, text: &'static str) -> QueryFilter {
    QueryFilter::Compare {
        property,
        is: CompareOp::Equal,
        value: Scalar::Text(text.into()),
    }
}

fn first(filter: QueryFilter) -> Query {
    Query {
        filter,
        order: Vec::new(),
        limit: 1,
        skip: 0,
        after: None,
        max_bytes: usize::MAX,
    }
}

/// Checks that planning costs the same regardless of the number of branches with several candidate
/// sets. The store must be empty.
pub(crate) fn check_planning(store: &dyn Store) {
    open(store);
    fill(store, 0..400);
    fill(store, 2_150..5_750);
    let charged = |branches: usize| {
        // Both candidate sets of each branch contain all records.
        let live = QueryFilter::Compare {
            property: LIFE,
            is: CompareOp::GreaterOrEqual,
            value: Scalar::Number(0.0),
        };
        let branch = || QueryFilter::And(vec![equal(KIND, "draft"), live.clone()]);
        let filter = QueryFilter::Or((0..branches).map(|_| branch()).collect());
        let (found, bytes) = wait(Charges::of(async { store.find(0, first(filter)).await }));
        let found = found.expect("a list").value;
        assert_eq!((found.records.len(), found.visited), (1, 2));
        bytes
    };
    let (few, many) = (charged(16), charged(32));
    assert!(many < 640 * 1024, "{few} {many}");
    assert!(many < few + few / 4, "{few} {many}");
    // The budget left by the other branches suffices to find the small candidate set.
    let narrow = |life: u32| {
        let life = QueryFilter::Compare {
            property: LIFE,
            is: CompareOp::Equal,
            value: Scalar::Number(f64::from(life)),
        };
        QueryFilter::And(vec![equal(KIND, "draft"), life])
    };
    let counted = wait(store.count(0, QueryFilter::Or((0..30).map(narrow).collect())));
    let counted = counted.expect("a count").value;
    assert_eq!((counted.count, counted.visited), (30, 30));
}

/// The limits of a store for [`check_fitting_way`].
pub(crate) fn few_visits() -> Config {
    let mut config = Config::default();
    config.store.max_visited = 1_000;
    config
}

/// Checks, in an empty store with these limits, that a query is refused only if no candidate set is
/// small enough, and that it never exceeds its limit.
pub(crate) fn check_fitting_way(store: &dyn Store) {
    open(store);
    let below = |life: u32| QueryFilter::Compare {
        property: LIFE,
        is: CompareOp::Less,
        value: Scalar::Number(f64::from(life)),
    };
    let count = |filter| {
        let counted = wait(store.count(0, filter)).expect("a way is short enough");
        (counted.value.count, counted.value.visited)
    };
    let found = |limit, filter| {
        let by_life = QueryOrder {
            by: By::Property(LIFE),
            descending: true,
        };
        let query = Query {
            order: vec![by_life],
            limit,
            ..first(filter)
        };
        let found = wait(store.find(0, query)).expect("a way is short enough");
        let ids = found.value.records.iter().map(|it| it.id().to_owned());
        (ids.collect::<Vec<_>>(), found.value.visited)
    };
    fill(store, 0..400);
    // Three ranges with the same records are longer than all records.
    let all = QueryFilter::Or(vec![equal(NAME, "early"), equal(KIND, "draft"), below(400)]);
    assert_eq!(count(all), (400, 500 + 400));
    fill(store, 400..3_000);
    // The candidate set that is counted last is the only one that is small enough.
    assert_eq!(
        count(QueryFilter::And(vec![equal(KIND, "draft"), below(600)])),
        (600, 600)
    );
    // The index with the right order begins with records that do not match.
    let (ids, visited) = found(1, equal(NAME, "early"));
    assert_eq!((&*ids, visited), (&["00399".to_owned()][..], 500 + 400));
    // Another set exceeds the remaining reads, the first one does not.
    let (ids, visited) = found(3, equal(NAME, "late"));
    assert_eq!((&*ids[0], ids.len(), visited), ("02149", 3, 854));
    // The records related to one value are too many, but the matching ones among them are not.
    let snapshot = wait(store.snapshot(&[0])).expect("a snapshot");
    let related = |filter| {
        let values = ["draft", "none"].map(|kind| Scalar::Text(kind.into()));
        // Room for the 400 records once.
        let room = 80_000;
        let lists = wait(snapshot.related(0, KIND, values.into(), filter, 500, room))?;
        let ids = lists[0].records.iter().map(|it| it.id());
        assert!(ids.is_sorted());
        let counts = lists
            .iter()
            .map(|it| (it.records.len(), it.more, it.visited));
        Ok::<_, Error>(counts.collect::<Vec<_>>())
    };
    let of_name = related(equal(NAME, "early")).expect("few have the name");
    assert_eq!(of_name, [(400, false, 500 + 400), (0, false, 0)]);
    related(equal(NAME, "late")).expect_err("more records than allowed");
    let refused = wait(store.count(0, equal(KIND, "draft")));
    assert_eq!(
        refused.expect_err("the limit is exceeded").kind(),
        ErrorKind::TooMany
    );
}
