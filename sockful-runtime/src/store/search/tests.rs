//! Checks of searches that the stores of this crate share, by the work that is charged.

use crate::model::scalar::Scalar;
use crate::query::{CompareOp, Query, QueryFilter};
use crate::store::Store;
use crate::store::commit::{Commit, Expect, Operation};
use crate::store::conformance::{sample, wait};
use crate::store::scan::visits::ScanWork;
use crate::store::scan::{ScanClient, ScanOwner, for_client};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

const NAME: usize = 1;
const KIND: usize = 2;
const LIFE: usize = 3;

/// A caller that adds up what it is charged.
#[derive(Debug)]
pub(crate) struct Charges {
    bytes: AtomicUsize,
}

impl Charges {
    /// The result of `read` and the bytes that it was charged.
    pub(crate) async fn of<T>(read: impl Future<Output = T>) -> (T, usize) {
        let charges = Arc::new(Self {
            bytes: AtomicUsize::new(0),
        });
        let read = for_client(Arc::new(Arc::clone(&charges)), read).await;
        (read, charges.bytes.load(Ordering::SeqCst))
    }
}

impl ScanOwner for Charges {
    fn charge(&self, work: ScanWork) {
        self.bytes.fetch_add(work.bytes, Ordering::SeqCst);
    }

    fn permits(&self) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(1))
    }
}

impl ScanClient for Arc<Charges> {
    fn owner(&self) -> Arc<dyn ScanOwner> {
        Self::clone(self)
    }
}

/// Puts `count` records, of which each has the same name and kind, into the first resource, which has
/// the indexes of [`sample::SORTED`].
fn fill(store: &dyn Store, count: usize) {
    wait(store.open(&[sample::SORTED])).expect("an empty store opens");
    let model = sample::model();
    let put = |n: usize| {
        let text = format!(r#"{{"id":"{n:05}","name":"me","kind":"draft","life":{n}}}"#);
        Operation::Put {
            resource: 0,
            record: sample::record(&model, &text),
            expect: Expect::Absent,
        }
    };
    let commit = Commit {
        operations: (0..count).map(put).collect(),
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

/// Checks an empty store: planning costs the same however many branches with several ways there are.
pub(crate) fn check_planning(store: &dyn Store) {
    fill(store, 4_000);
    let charged = |branches: usize| {
        // Both ways of each branch have all records.
        let branch = || QueryFilter::And(vec![equal(NAME, "me"), equal(KIND, "draft")]);
        let filter = QueryFilter::Or((0..branches).map(|_| branch()).collect());
        let (found, bytes) = wait(Charges::of(async { store.find(0, first(filter)).await }));
        let found = found.expect("a list").value;
        assert_eq!((found.records.len(), found.visited), (1, 2));
        bytes
    };
    let (few, many) = (charged(16), charged(32));
    assert!(many < 640 * 1024, "{few} {many}");
    assert!(many < few + few / 4, "{few} {many}");
    // What is left after the other branches is enough to find the way with few records.
    let narrow = |life: u32| {
        let life = QueryFilter::Compare {
            property: LIFE,
            is: CompareOp::Equal,
            value: Scalar::Number(f64::from(life)),
        };
        QueryFilter::And(vec![equal(NAME, "me"), life])
    };
    let counted = wait(store.count(0, QueryFilter::Or((0..30).map(narrow).collect())));
    let counted = counted.expect("a count").value;
    assert_eq!((counted.count, counted.visited), (30, 30));
}
