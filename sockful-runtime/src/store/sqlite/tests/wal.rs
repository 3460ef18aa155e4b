//! The size of the write-ahead log.

use super::*;
use crate::store::scan::visits::Visits;
use std::time::Duration;

const CAPACITY: usize = 256 * 1024;

struct TestStore {
    store: Sqlite,
    path: PathBuf,
    _folder: Folder,
}

impl TestStore {
    async fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let path = folder.0.join("data.db");
        let mut config = Config::default();
        config.store.wal_capacity = CAPACITY;
        let store = Sqlite::with_config(&path, &config).expect("a new file");
        store.open(&TWO).await.expect("the resources match");
        Self {
            store,
            path,
            _folder: folder,
        }
    }

    /// Commits about 100 KiB.
    async fn write(&self) {
        let puts = (0..100).map(|n| put(&format!("{n:01000}"), n)).collect();
        let committed = self.store.commit(commit(puts, None)).await;
        committed.expect("no expectation can fail");
    }

    fn wal(&self) -> usize {
        let mut path = self.path.clone().into_os_string();
        path.push("-wal");
        let file = std::fs::metadata(path).expect("the file exists");
        usize::try_from(file.len()).expect("the size fits")
    }

    fn readers(&self) -> &read::readers::ReaderPool {
        &self
            .store
            .opened()
            .expect("the store is open")
            .shared
            .readers
    }

    /// Writes until new reads have to wait.
    async fn fill(&self) {
        for _ in 0..100 {
            self.write().await;
            if futures_util::poll!(Box::pin(self.readers().wait_until_open())).is_pending() {
                return;
            }
        }
        panic!("the log grows without a bound: {}", self.wal());
    }

    /// Waits without writing until the log is short.
    async fn until_short(&self) {
        while self.wal() >= CAPACITY / 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn log_without_readers_stays_within_its_bound() {
    let test = TestStore::new("wal-alone").await;
    for _ in 0..20 {
        test.write().await;
        // A commit is acknowledged before its checkpoint.
        assert!(test.wal() < 8 * CAPACITY, "{}", test.wal());
    }
    test.until_short().await;
}

#[tokio::test]
async fn new_reads_wait_until_the_log_is_short_again() {
    let test = TestStore::new("wal-overlapping").await;
    test.write().await;
    let first = test.store.snapshot(&[0]).await.expect("a snapshot");
    test.fill().await;
    assert!(test.wal() >= CAPACITY);
    // Otherwise the next read would begin before the first ends, and another one before that.
    let mut next = test.store.snapshot(&[0]);
    assert!(futures_util::poll!(&mut next).is_pending());
    // Look-ups do not wait.
    let found = test.store.get(0, &format!("{:01000}", 7)).await;
    assert!(found.expect("the record is read").value.is_some());
    drop(first);
    next.await.expect("reads begin when the log is short");
    test.until_short().await;
}

#[tokio::test]
async fn old_reads_are_ended_and_the_log_shrinks_by_itself() {
    let test = TestStore::new("wal-old").await;
    test.write().await;
    let kept = test.store.snapshot(&[0]).await.expect("a snapshot");
    let shared = Arc::clone(&test.store.opened().expect("the store is open").shared);
    let (begun, mut begins) = oneshot::channel();
    let endless = move |search: TableSearch<'_>| {
        begun.send(()).expect("the receiver exists");
        let visits = Visits::of(search.scan, usize::MAX);
        loop {
            visits.visit(1)?;
        }
    };
    let mut scan = Box::pin(shared.scan::<()>(0, endless));
    while begins.try_recv().is_err() {
        drop(tokio::time::timeout(Duration::from_millis(1), &mut scan).await);
    }
    test.fill().await;
    // As after 5 s.
    test.readers().end_older_than(Duration::ZERO);
    let ended = scan.await.expect_err("the scan is stopped");
    assert_eq!(ended.kind(), ErrorKind::Unavailable);
    let ended = kept
        .find(0, query())
        .await
        .expect_err("the read was too old");
    assert_eq!(ended.kind(), ErrorKind::Unavailable);
    // Nothing is written or read.
    test.until_short().await;
    test.store
        .find(0, query())
        .await
        .expect("reads begin again");
}

#[tokio::test]
async fn reads_do_not_wait_after_the_store_stopped_writing() {
    for is_replaced in [false, true] {
        let test = TestStore::new("wal-stopped").await;
        test.write().await;
        let kept = test.store.snapshot(&[0]).await.expect("a snapshot");
        test.fill().await;
        if is_replaced {
            std::fs::rename(&test.path, test.path.with_extension("moved"))
                .expect("the file is moved");
        } else {
            test.store
                .opened()
                .expect("the store is open")
                .shared
                .poison();
        }
        let opened = test.readers().wait_until_open().await;
        opened.expect("reads do not wait");
        drop(kept);
    }
}

fn query() -> Query {
    Query {
        filter: QueryFilter::All,
        order: Vec::new(),
        limit: 1,
        skip: 0,
        after: None,
        max_bytes: usize::MAX,
    }
}
