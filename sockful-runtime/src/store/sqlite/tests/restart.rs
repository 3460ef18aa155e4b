//! The content of a file after it is opened again.

use super::*;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

#[test]
fn reopened_file_continues_its_history() {
    let folder = Folder::new("restart");
    let path = folder.0.join("data.db");
    let mut config = Config::default();
    config.store.max_keys_per_caller = 2;
    let emit = Operation::Emit {
        resource: 0,
        id: "bob".into(),
        event: 1,
        data: "9".into(),
    };
    let store = opened(&path, &config);
    for (n, more) in (1..).zip([None, None, Some(emit), None]) {
        let operations = [put("bob", n)].into_iter().chain(more).collect();
        wait(store.commit(commit(operations, Some(n * 1_000)))).expect("the commit is accepted");
    }
    let (epoch, log) = (store.epoch().to_owned(), seqs_and_tags(&store, 0));
    assert_eq!(log.len(), 4);
    drop(store);

    let store = opened(&path, &config);
    assert_eq!(store.epoch(), epoch);
    assert_eq!(wait(store.head()).expect("a head"), 4);
    assert_eq!(*store.watch().borrow(), 4);
    assert_eq!(seqs_and_tags(&store, 0), log);
    let third = &wait(store.log(2, 1)).expect("the log has the commit")[0];
    let (change, emitted) = (&third.changes[0], &third.emitted[0]);
    assert_eq!(change.before.as_ref().map(|it| it.rev()), Some(2));
    assert_eq!(change.after.as_ref(), Some(&emitted.record));
    assert_eq!((emitted.event, &*emitted.data), (1, "9"));
    let bob = wait(store.get(0, "bob")).expect("the operation succeeds");
    let sent = bob.value.map(|it| (it.rev(), it.sent().to_owned()));
    let text = r#"{"id":"bob","life":4,"rev":4}"#.to_owned();
    assert_eq!((bob.seq, sent), (4, Some((4, text))));

    // Remembered keys stay remembered, forgotten ones stay forgotten, and a new one is new.
    let lookup =
        |time| wait(store.completed("ann", key(time), NOW)).expect("the operation succeeds");
    for n in [3, 4] {
        let Lookup::Completed(it) = lookup(n * 1_000) else {
            panic!("{n} is not remembered");
        };
        assert_eq!((it.seq, it.rev, it.fingerprint), (n, Some(n), u128::MAX));
        assert!(matches!(it.response, StoredResponse::Record(0, record) if record.rev() == n));
    }
    assert!(matches!(lookup(1_000), Lookup::Forgotten));
    assert!(matches!(lookup(2_000), Lookup::Forgotten));
    assert!(matches!(lookup(2_001), Lookup::Unknown));
    let again = wait(store.commit(commit(vec![put("bob", 9)], Some(4_000))));
    assert!(matches!(again, Err(Rejected::Repeated)));
    let next =
        wait(store.commit(commit(vec![put("eve", 1)], None))).expect("the commit is accepted");
    assert_eq!(next.seq, 5);
    drop(store);

    // With a larger limit, only the stored horizons show that they were forgotten.
    let store = opened(&path, &Config::default());
    for time in [1_000, 2_000] {
        let lookup = wait(store.completed("ann", key(time), NOW)).expect("the operation succeeds");
        assert!(matches!(lookup, Lookup::Forgotten), "{time}: {lookup:?}");
    }
}

#[test]
fn trimmed_commits_stay_trimmed_after_restart() {
    let folder = Folder::new("trimmed");
    let path = folder.0.join("data.db");
    let mut config = Config::default();
    config.store.log_capacity = 500;
    config.store.stored_log_capacity = 3_000;
    let store = opened(&path, &config);
    for n in 1..=50 {
        wait(store.commit(commit(vec![put("bob", n)], None))).expect("the commit is accepted");
    }
    let oldest = (0..50).find(|&after| wait(store.log(after, 1)).is_ok());
    let log = seqs_and_tags(&store, oldest.expect("the log has the newest commit"));
    assert!(log.len() < 20);
    drop(store);
    let file = Connection::open(&path).expect("a file");
    let count = "SELECT count(*) FROM sockful_log";
    let rows: u32 = file
        .query_row(count, [], |row| row.get(0))
        .expect("a count");
    assert!((1..20).contains(&rows), "{rows}");
    drop(file);
    let store = opened(&path, &config);
    assert_eq!(
        seqs_and_tags(&store, oldest.expect("the log has the commit")),
        log
    );
}

#[test]
fn expired_commits_leave_the_log_except_the_head() {
    let folder = Folder::new("old");
    let path = folder.0.join("data.db");
    let mut config = Config::default();
    config.store.log_capacity = 0;
    config.store.log_retention = Duration::from_secs(60);
    let time = Arc::new(AtomicU64::new(0));
    let commit_at = |seconds: u64, life| {
        time.store(seconds * 1_000, Ordering::Relaxed);
        let mut store =
            Sqlite::with_config(&path, &config).expect("no other process has the file open");
        let time = Arc::clone(&time);
        store.clock = Clock::new(move || time.load(Ordering::Relaxed));
        wait(store.open(&TWO)).expect("the resources match");
        wait(store.commit(commit(vec![put("bob", life)], None))).expect("the commit is accepted");
        let kept = (0..9).find(|&after| wait(store.log(after, 1)).is_ok());
        kept.expect("the log always has the head") + 1
    };
    assert_eq!(commit_at(1, 1), 1);
    assert_eq!(commit_at(2, 2), 1);
    assert_eq!(commit_at(60, 3), 1);
    assert_eq!(commit_at(61, 4), 2);
    assert_eq!(commit_at(200, 5), 5);
    assert_eq!(commit_at(1_000, 6), 6);
}

#[test]
fn closed_store_is_a_single_file() {
    let folder = Folder::new("closed");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    wait(store.commit(commit(vec![put("bob", 7)], None))).expect("the commit is accepted");
    wait(store.get(0, "bob")).expect("another connection reads it");
    drop(store);
    let moved = folder.0.join("moved.db");
    std::fs::rename(&path, &moved).expect("a file");
    let store = opened(&moved, &Config::default());
    let bob = wait(store.get(0, "bob")).expect("the operation succeeds");
    assert_eq!((bob.seq, bob.value.is_some()), (1, true));
}

#[test]
fn excess_keys_are_forgotten_and_deleted_in_batches() {
    let folder = Folder::new("fewer");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    let commits = (1..=1_500).map(|n| store.commit(commit(vec![put("bob", n)], Some(n))));
    let taken = wait(futures_util::future::join_all(commits));
    assert!(taken.iter().all(Result::is_ok));
    drop(store);
    let mut fewer = Config::default();
    fewer.store.max_keys = 10;
    // In each case including the one that exceeds the limit with the commit itself, which is removed
    // with the next.
    for left in [1_500 - 1_024 + 1, 10 + 1] {
        let store = opened(&path, &fewer);
        let lookup = wait(store.completed("ann", key(1), NOW)).expect("the operation succeeds");
        assert!(matches!(lookup, Lookup::Forgotten), "{lookup:?}");
        let next = 2_000 + wait(store.head()).expect("a head");
        wait(store.commit(commit(vec![put("bob", 9)], Some(next))))
            .expect("the commit is accepted");
        drop(store);
        let file = Connection::open(&path).expect("a file");
        let count = "SELECT count(*) FROM sockful_completions";
        let count = file.query_row(count, [], |row| row.get::<_, u32>(0));
        assert_eq!(count.expect("a count"), left);
    }
    let store = opened(&path, &Config::default());
    let again = wait(store.commit(commit(vec![put("bob", 9)], Some(1_490))));
    assert!(matches!(again, Err(Rejected::Repeated)));
}

#[test]
fn unreadable_stored_response_has_unknown_outcome() {
    let folder = Folder::new("unread");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    wait(store.commit(commit(vec![put("bob", 1)], Some(1_000)))).expect("the commit is accepted");
    let file = Connection::open(&path).expect("a file");
    let corrupt = "UPDATE sockful_completions SET entry = ''";
    assert_eq!(file.execute(corrupt, []).expect("a table"), 1);
    let error = wait(store.completed("ann", key(1_000), NOW)).expect_err("the entry is not JSON");
    assert_eq!(error.outcome(), Some(Outcome::Unknown));
}
