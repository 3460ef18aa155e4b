mod files;
mod integrity_check;
mod restart;
mod row_reads;
mod wal;

use super::*;
use crate::core::error::{ErrorKind, Outcome};
use crate::core::json::object::Object;
use crate::model::definition::Property;
use crate::model::record::RecordBuilder;
use crate::model::resource::Resource;
use crate::model::scalar::Scalar;
use crate::query;
use crate::query::CompareOp;
use crate::store::Memory;
use crate::store::commit::{Expect, Operation};
use crate::store::conformance;
use crate::store::conformance::cases;
use crate::store::conformance::sample;
use crate::store::conformance::wait;
use crate::store::idempotency::{IdempotencyEntry, PendingResponse, StoredResponse};
use crate::store::search::tests::{check_fitting_way, check_planning, few_visits};
use proptest::test_runner::{Config as ProptestConfig, TestRunner};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::oneshot;

/// A folder that is removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("sockful-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[test]
fn sqlite_passes_store_conformance() {
    let folder = Folder::new("contract");
    let made = AtomicUsize::new(0);
    conformance::check(40, |config| {
        let nth = made.fetch_add(1, Ordering::Relaxed);
        let path = folder.0.join(format!("{nth}.db"));
        Sqlite::with_config(path, config).expect("a new file")
    });
}

#[test]
fn planning_cost_does_not_grow_with_branches() {
    let folder = Folder::new("planning");
    let store = Sqlite::open(folder.0.join("data.db")).expect("a new file");
    check_planning(&store);
}

#[test]
fn query_is_served_if_one_way_is_short_enough() {
    let folder = Folder::new("fitting");
    let path = folder.0.join("data.db");
    let store = Sqlite::with_config(path, &few_visits()).expect("a new file");
    check_fitting_way(&store);
}

#[test]
fn visited_counts_equal_those_of_memory() {
    let folder = Folder::new("visited");
    let resources = [sample::Sample::DEFINITION, sample::SORTED];
    let memory = Memory::new();
    let sqlite = Sqlite::open(folder.0.join("data.db")).expect("a new file");
    let stores: [&dyn Store; 2] = [&memory, &sqlite];
    for store in stores {
        wait(store.open(&resources)).expect("an empty store can be opened");
    }
    let config = ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let checked = TestRunner::new(config).run(&cases::case(), |case| {
        let model = sample::model();
        let record = |it: &serde_json::Value| sample::record(&model, &it.to_string());
        let records: Vec<_> = case.creatures.iter().map(record).collect();
        let parse = |text: &str| {
            let given = Object::parse(text).expect("an object");
            query::parse(
                &model,
                &given,
                crate::query::RelationScope::NONE,
                &Config::default(),
            )
            .expect("a query")
        };
        let query = parse(&case.query(case.limit, case.skip, None));
        let [one, other] = stores.map(|store| {
            let put = |resource| {
                let put = move |record: &Record| Operation::Put {
                    resource,
                    record: record.clone(),
                    expect: Expect::Any,
                };
                records.iter().map(put)
            };
            let operations = put(0).chain(put(1)).collect();
            wait(store.commit(commit(operations, None))).expect("no expectation can fail");
            let read = [0, 1].map(|resource| {
                let found = wait(store.find(resource, query.clone()))
                    .expect("a list")
                    .value;
                let counted = wait(store.count(resource, query.filter.clone()));
                let ids: Vec<_> = found.records.iter().map(|it| it.id().to_owned()).collect();
                (ids, found.visited, counted.expect("a count").value)
            });
            let delete = |resource| {
                records.iter().map(move |record| Operation::Delete {
                    resource,
                    id: record.id().into(),
                    expect: Expect::Any,
                })
            };
            let operations = delete(0).chain(delete(1)).collect();
            wait(store.commit(commit(operations, None))).expect("no expectation can fail");
            read
        });
        proptest::prop_assert_eq!(one, other);
        Ok(())
    });
    checked.unwrap_or_else(|failed| panic!("{failed}"));
}

#[tokio::test]
async fn abandoned_scan_interrupts_its_statement() {
    let folder = Folder::new("interrupted");
    let store = Sqlite::open(folder.0.join("data.db")).expect("a new file");
    store.open(&TWO).await.expect("the resources match");
    let shared = Arc::clone(&store.opened().expect("the store is open").shared);
    let (begun, begins) = oneshot::channel();
    let endless = move |search: TableSearch<'_>| {
        begun.send(()).expect("the receiver exists");
        let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
            SELECT count(*) FROM n";
        let count = search
            .connection
            .query_row(endless, [], |row| row.get::<_, i64>(0));
        count.map_err(failure::failure)
    };
    let mut scan = Box::pin(Arc::clone(&shared).scan(0, endless));
    let mut begins = begins;
    while begins.try_recv().is_err() {
        drop(tokio::time::timeout(std::time::Duration::from_millis(1), &mut scan).await);
    }
    drop(scan);
    // The permit is released when the statement has ended.
    let mut all = Vec::new();
    for _ in 0..read::readers::MAX_SCANS {
        all.push(shared.scans.acquire().await.expect("the scan has ended"));
    }
}

/// The same resource with another property.
const OTHER: &ResourceDef = &ResourceDef {
    properties: &[Property::new("id", ""), Property::new("live", "")],
    ..*sample::COUNTED
};

/// A time long after the keys of these tests, in milliseconds since 1970.
const NOW: u64 = 1_790_000_000_000;

const TWO: [&ResourceDef; 2] = [sample::COUNTED, sample::INDEXED];

fn opened(path: &Path, config: &Config) -> Sqlite {
    let store = Sqlite::with_config(path, config).expect("no other process has the file open");
    wait(store.open(&TWO)).expect("the resources match");
    store
}

fn put(id: &str, life: u64) -> Operation {
    Operation::Put {
        resource: 0,
        record: sample::counted(id, life),
        expect: Expect::Any,
    }
}

fn key(time: u64) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(time, &[7; 10]).into_uuid()
}

fn commit(operations: Vec<Operation>, time: Option<u64>) -> Commit {
    let entry = time.map(|at| IdempotencyEntry {
        caller: "ann".into(),
        key: key(at),
        fingerprint: u128::MAX,
        at,
        response: PendingResponse::Record(0, 0),
    });
    Commit {
        operations,
        idempotency: entry,
        ..Commit::default()
    }
}

fn seqs_and_tags(store: &Sqlite, after: u64) -> Vec<(u64, u64)> {
    let log = wait(store.log(after, usize::MAX)).expect("the log has the commit");
    log.iter().map(|it| (it.seq, it.tag)).collect()
}

#[test]
fn open_file_is_locked_until_closed() {
    let folder = Folder::new("lock");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    let refused = Sqlite::open(&path).expect_err("the store is open");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(refused.to_string().contains("is open in another process"));
    #[cfg(unix)]
    {
        let link = folder.0.join("link.db");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        Sqlite::open(&link).expect_err("both paths are the same file");
    }
    drop(store);
    Sqlite::open(&path).expect("the store is closed");
}

#[test]
fn full_disk_is_unavailable_and_loses_nothing() {
    let folder = Folder::new("full");
    let store = Sqlite::open(folder.0.join("data.db")).expect("a new file");
    let allow = |pages: u32| {
        let connection = store.connection.lock().expect("the lock is not poisoned");
        let connection = connection.as_ref().expect("not opened yet");
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .expect("a limit");
    };
    allow(60);
    wait(store.open(&TWO)).expect("the disk has space");
    let long = |id| {
        let many = (0..4_000).map(|n| put(&format!("{n:0>250}"), 1));
        commit([put(id, 1)].into_iter().chain(many).collect(), None)
    };
    wait(store.commit(commit(vec![put("bob", 1)], None))).expect("the disk has space");
    let Err(Rejected::Failed(error)) = wait(store.commit(long("eve"))) else {
        panic!("there is room");
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.outcome(), Some(Outcome::NotApplied));
    assert!(error.to_string().contains("disk"), "{error}");
    let eve = wait(store.get(0, "eve")).expect("reads still work");
    assert_eq!((eve.seq, eve.value), (1, None));
    let next = wait(store.commit(commit(vec![put("bob", 2)], None))).expect("the disk has space");
    assert_eq!(next.seq, 2);
}

#[test]
fn concurrent_commits_are_atomic_with_dense_seqs() {
    let folder = Folder::new("batch");
    let store = opened(&folder.0.join("data.db"), &Config::default());
    let absent = |n: u64| Operation::Put {
        resource: 0,
        record: sample::counted(&(n / 2).to_string(), n),
        expect: Expect::Absent,
    };
    let commits = (0..200).map(|n| {
        let mark = put(&format!("mark {n}"), n);
        store.commit(commit(vec![mark, absent(n)], None))
    });
    let answers = wait(futures_util::future::join_all(commits));
    let mut taken: Vec<u64> = answers.iter().flatten().map(|it| it.seq).collect();
    taken.sort_unstable();
    assert_eq!(taken, (1..=100).collect::<Vec<_>>());
    let conflicts = answers
        .iter()
        .filter(|it| matches!(it, Err(Rejected::Conflict(1))));
    assert_eq!(conflicts.count(), 100);
    let all = wait(store.count(0, QueryFilter::All)).expect("a count");
    assert_eq!((all.seq, all.value.count), (100, 200));
}

#[test]
fn open_rejects_records_with_other_properties() {
    let folder = Folder::new("other");
    let path = folder.0.join("data.db");
    drop(opened(&path, &Config::default()));
    let store = Sqlite::open(&path).expect("the store is closed");
    let refused = wait(store.open(&[OTHER])).expect_err("`life` would be lost");
    assert!(refused.to_string().contains("`counted`"), "{refused}");
}

#[test]
fn unusual_names_and_values_are_quoted() {
    const ODD: &ResourceDef = &ResourceDef {
        name: r#"a" (x); DROP TABLE sockful_log; --"#,
        properties: &[
            Property::new("id", ""),
            Property::new("select'; --", "").index(),
        ],
        ..*sample::COUNTED
    };
    let folder = Folder::new("names");
    let store = Sqlite::open(folder.0.join("data.db")).expect("a new file");
    wait(store.open(&[ODD])).expect("names are quoted");
    let mut builder = RecordBuilder::new(ODD);
    builder.put(|out| out.extend_from_slice(br#""'; --""#));
    builder.put(|out| out.extend_from_slice(br#""\"' OR 1""#));
    let put = Operation::Put {
        resource: 0,
        record: builder.finish("'; --"),
        expect: Expect::Absent,
    };
    wait(store.commit(commit(vec![put], None))).expect("values are bound");
    let of = |text: &'static str| QueryFilter::Compare {
        property: 1,
        is: CompareOp::Equal,
        value: Scalar::Text(text.into()),
    };
    let count = |filter| wait(store.count(0, filter)).expect("a count").value;
    assert_eq!((count(of("\"' OR 1")).count, count(of("x")).count), (1, 0));
}

#[test]
fn concurrent_commits_with_one_key_apply_once() {
    let folder = Folder::new("key");
    let store = opened(&folder.0.join("data.db"), &Config::default());
    let commits = (0..100).map(|n| store.commit(commit(vec![put("bob", n)], Some(1_000))));
    let answers = wait(futures_util::future::join_all(commits));
    let is_repeated = |it: &&Result<_, _>| matches!(it, Err(Rejected::Repeated));
    assert_eq!(answers.iter().filter(is_repeated).count(), 99);
    assert_eq!(wait(store.head()).expect("a head"), 1);
}

#[test]
fn commit_failing_halfway_leaves_nothing() {
    let folder = Folder::new("half");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    wait(store.commit(commit(vec![put("bob", 1)], None))).expect("the commit is accepted");
    let file = Connection::open(&path).expect("a file");
    let corrupt = r#"UPDATE "record counted" SET sent = '{' WHERE id = 'bob'"#;
    assert_eq!(file.execute(corrupt, []).expect("a table"), 1);
    let both = wait(store.commit(commit(vec![put("eve", 1), put("bob", 2)], None)));
    assert!(matches!(both, Err(Rejected::Failed(_))));
    let next =
        wait(store.commit(commit(vec![put("ann", 1)], None))).expect("the commit is accepted");
    assert_eq!(next.seq, 2);
    let eve = wait(store.get(0, "eve")).expect("the operation succeeds");
    assert_eq!((eve.seq, eve.value), (2, None));
}

#[test]
fn transaction_failing_at_commit_is_rolled_back() {
    let folder = Folder::new("end");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    let file = Connection::open(&path).expect("a file");
    // The trigger's violation is detected at `COMMIT`.
    let trap = r#"
        CREATE TABLE owner (id PRIMARY KEY);
        CREATE TABLE owned (id REFERENCES owner DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER trap AFTER INSERT ON "record counted" WHEN new.id = 'eve'
            BEGIN INSERT INTO owned VALUES (1); END;
        CREATE TRIGGER refusal AFTER INSERT ON "record counted" WHEN new.id = 'ann'
            BEGIN SELECT raise(ABORT, 'no'); END"#;
    file.execute_batch(trap).expect("a trigger");
    let Err(Rejected::Failed(error)) = wait(store.commit(commit(vec![put("eve", 1)], Some(1_000))))
    else {
        panic!("it breaks a rule");
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.outcome(), Some(Outcome::Unknown));
    let eve = wait(store.get(0, "eve")).expect("reads still work");
    assert_eq!((eve.seq, eve.value), (0, None));
    let lookup = wait(store.completed("ann", key(1_000), NOW)).expect("the operation succeeds");
    assert!(matches!(lookup, Lookup::Unknown), "{lookup:?}");
    // The failed commit may be found if the process dies now, so the outcome of a rejected retry is
    // unknown too.
    let outcome = || match wait(store.commit(commit(vec![put("ann", 1)], Some(1_000)))) {
        Err(Rejected::Failed(error)) => error.outcome(),
        other => panic!("it is refused: {other:?}"),
    };
    assert_eq!(outcome(), Some(Outcome::Unknown));
    let next = wait(store.commit(commit(vec![put("bob", 1)], None)));
    assert_eq!(next.expect("the commit is accepted").seq, 1);
    assert_eq!(outcome(), None);
}

#[test]
fn relation_results_equal_those_of_memory() {
    let folder = Folder::new("relations");
    let memory = conformance::opened(Memory::new());
    let path = folder.0.join("data.db");
    let sqlite = conformance::opened(Sqlite::open(path).expect("a new file"));
    // `PROPTEST_CASES` sets another number of cases.
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let checked = TestRunner::new(config).run(&conformance::relations::cases(), |case| {
        let of_memory = conformance::relations::run(&memory, &case);
        proptest::prop_assert_eq!(of_memory, conformance::relations::run(&sqlite, &case));
        Ok(())
    });
    checked.unwrap_or_else(|failed| panic!("{failed}"));
}
