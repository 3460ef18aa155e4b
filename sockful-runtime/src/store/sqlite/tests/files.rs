//! Files that are damaged, replaced, removed, or have another name.

use super::*;
use crate::store::sqlite::restore;
use std::fs;
use std::thread;
use std::time::Duration;

fn write(store: &Sqlite, lives: impl IntoIterator<Item = u64>) {
    for life in lives {
        wait(store.commit(commit(vec![put("bob", life)], None))).expect("the commit is accepted");
    }
}

/// Returns the newest commit and the life of the record.
fn seen(store: &Sqlite) -> (u64, String) {
    let bob = wait(store.get(0, "bob")).expect("the operation succeeds");
    (
        bob.seq,
        bob.value.expect("the record exists").value(1).to_owned(),
    )
}

/// Copies the files that the process would leave if it died now, to a folder of their own.
fn crash(folder: &Folder, name: &str) -> PathBuf {
    let image = folder.0.join(name);
    fs::create_dir(&image).expect("a folder");
    for file in ["data.db", "data.db-wal", "data.db-lock"] {
        fs::copy(folder.0.join(file), image.join(file)).expect("the file exists");
    }
    image.join("data.db")
}

fn refused(path: &Path, words: &[&str]) {
    let error = Sqlite::open(path).expect_err("the file is rejected");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn open_names_cause_and_cure_of_a_damaged_file() {
    let folder = Folder::new("damaged");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    write(&store, 1..=50);
    drop(store);
    let whole = fs::read(&path).expect("a file");
    for (what, bytes, words) in [
        (
            "garbage",
            vec![7; 5_000],
            &["not an SQLite database", "restore COPY"],
        ),
        (
            "short",
            whole[..50].to_vec(),
            &["not an SQLite database", "restore COPY"],
        ),
        (
            "truncated",
            whole[..4_096].to_vec(),
            &["truncated", "restore COPY"],
        ),
        (
            "torn",
            whole[..whole.len() - 100].to_vec(),
            &["truncated", "restore COPY"],
        ),
    ] {
        fs::write(&path, bytes).expect(what);
        refused(&path, words);
    }
    fs::write(&path, &whole).expect("a file");
    assert_eq!(seen(&opened(&path, &Config::default())).0, 50);
}

#[test]
fn open_rejects_the_log_of_another_file() {
    let folder = Folder::new("stale-wal");
    let path = folder.0.join("data.db");
    let config = Config::default();
    let store = opened(&path, &config);
    write(&store, 1..=5);
    drop(store);
    let stopped = folder.0.join("stopped.db");
    fs::copy(&path, &stopped).expect("a copy");

    let store = opened(&path, &config);
    write(&store, 6..=9);
    let backup = folder.0.join("backup.db");
    wait(store.backup(&backup)).expect("the disk has space");
    write(&store, 10..=12);
    let crashed = crash(&folder, "crashed");
    drop(store);
    // Files that belong together are opened.
    let whole = crash_copy(&crashed, &folder.0.join("whole"));
    assert_eq!(seen(&opened(&whole, &config)), (12, "12".to_owned()));
    let without_lock = crash_copy(&crashed, &folder.0.join("without-lock"));
    fs::remove_file(lock_of(&without_lock)).expect("the file exists");
    assert_eq!(seen(&opened(&without_lock, &config)).0, 12);
    // Each copy is rejected next to the log, and opened without it.
    for (copy, seq) in [(&backup, 9), (&stopped, 5)] {
        let name = format!("beside-{seq}");
        let path = crash_copy(&crashed, &folder.0.join(name));
        fs::copy(copy, &path).expect("the copy is written");
        refused(&path, &["does not belong to", "move", "restore COPY"]);
        fs::remove_file(wal_of(&path)).expect("the file exists");
        assert_eq!(seen(&opened(&path, &config)).0, seq);
    }
    // An empty file next to a log is not a new store.
    let empty = crash_copy(&crashed, &folder.0.join("empty"));
    fs::remove_file(&empty).expect("the file exists");
    refused(&empty, &["empty", "restore COPY"]);
}

/// Each start writes a number into the file. The process may die before the number is in the file
/// itself, and the content of the file may be lost in a power failure.
#[test]
fn open_accepts_what_repeated_crashes_leave() {
    let folder = Folder::new("crashed-twice");
    let path = folder.0.join("data.db");
    let config = Config::default();
    let store = opened(&path, &config);
    write(&store, 1..=5);
    drop(store);
    let first_file = fs::read(&path).expect("the store is closed");
    let mut crashed = path;
    for crash_count in 1..=4 {
        let image = crash_copy(&crashed, &folder.0.join(crash_count.to_string()));
        // A reader keeps the number out of the file, as if the process died before the checkpoint.
        let reader = rusqlite::Connection::open(&image).expect("the copy can be read");
        let read = "BEGIN; SELECT count(*) FROM sockful_meta";
        reader.execute_batch(read).expect("the copy can be read");
        let store = opened(&image, &config);
        if crash_count % 2 == 0 {
            // The checkpoint writes the number into the file, but the process dies before it is noted.
            reader
                .execute_batch("COMMIT; PRAGMA wal_checkpoint")
                .expect("a checkpoint");
            assert_ne!(fs::read(&image).expect("a file"), first_file);
        }
        crashed = crash_copy(&image, &folder.0.join(format!("{crash_count}-crashed")));
        let without_power = folder.0.join(format!("{crash_count}-without-power"));
        let without_power = crash_copy(&image, &without_power);
        fs::write(&without_power, &first_file).expect("the file is written");
        assert_eq!(seen(&opened(&without_power, &config)).0, 5);
        drop(store);
    }
    let store = opened(&crashed, &config);
    write(&store, [6]);
    crashed = crash_copy(&crashed, &folder.0.join("at-last"));
    assert_eq!(seen(&opened(&crashed, &config)), (6, "6".to_owned()));
}

fn crash_copy(from: &Path, folder: &Path) -> PathBuf {
    fs::create_dir(folder).expect("a folder");
    let to = folder.join("data.db");
    fs::copy(from, &to).expect("the file exists");
    if wal_of(from).exists() {
        fs::copy(wal_of(from), wal_of(&to)).expect("the file exists");
    }
    fs::copy(lock_of(from), lock_of(&to)).expect("the file exists");
    to
}

fn wal_of(path: &Path) -> PathBuf {
    path.with_file_name("data.db-wal")
}

fn lock_of(path: &Path) -> PathBuf {
    path.with_file_name("data.db-lock")
}

#[test]
fn restore_replaces_a_store_with_its_log() {
    let folder = Folder::new("restore");
    let path = folder.0.join("data.db");
    let config = Config::default();
    let store = opened(&path, &config);
    write(&store, 1..=4);
    let backup = folder.0.join("backup.db");
    wait(store.backup(&backup)).expect("the disk has space");
    write(&store, 5..=9);
    let error = restore(&backup, &path).expect_err("the store is open");
    assert!(error.to_string().contains("is open in"), "{error}");
    let crashed = crash(&folder, "crashed");
    let (epoch, secret) = (store.epoch().to_owned(), store.secret());
    drop(store);

    let garbage = folder.0.join("garbage.db");
    fs::write(&garbage, [7; 5_000]).expect("a file");
    let error = restore(&garbage, &crashed).expect_err("not a database");
    assert!(
        error.to_string().contains("not an SQLite database"),
        "{error}"
    );
    let missing = folder.0.join("missing.db");
    let error = restore(&missing, &crashed).expect_err("the file does not exist");
    assert!(error.to_string().contains("cannot read"), "{error}");
    restore(&crashed, &crashed).expect_err("both paths are the same file");

    let replaced = restore(&backup, &crashed).expect("the copy is complete");
    let store = opened(&crashed, &config);
    assert_eq!(seen(&store), (4, "4".to_owned()));
    assert_ne!((store.epoch(), store.secret()), (&*epoch, secret));
    drop(store);
    // Neither the copy nor the replaced file has changed, and both can be restored.
    for (copy, seq) in [(&replaced.expect("a file was replaced"), 9), (&backup, 4)] {
        let again = folder.0.join(format!("again-{seq}.db"));
        assert_eq!(restore(copy, &again).expect("the copy is complete"), None);
        assert_eq!(seen(&opened(&again, &config)).0, seq);
    }
}

#[test]
fn secret_is_kept_over_restarts_and_differs_by_store() {
    let folder = Folder::new("secret");
    let [one, other] = ["one.db", "other.db"].map(|name| folder.0.join(name));
    let secret = |path: &Path| opened(path, &Config::default()).secret();
    let first = secret(&one);
    assert_eq!(secret(&one), first);
    assert_ne!(secret(&other), first);
    assert_ne!(first, [0; 32]);
}

#[test]
fn writes_are_rejected_while_the_file_is_missing() {
    let folder = Folder::new("removed");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    write(&store, 1..=2);
    for file in [path.clone(), wal_of(&path)] {
        let away = folder.0.join("away");
        fs::rename(&file, &away).expect("the file exists");
        for replaced in [false, true] {
            if replaced {
                fs::copy(&away, &file).expect("another file");
            }
            let Err(Rejected::Failed(error)) =
                wait(store.commit(commit(vec![put("bob", 9)], None)))
            else {
                panic!("it is refused");
            };
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert_eq!(error.outcome(), Some(Outcome::NotApplied));
            assert!(error.to_string().contains("removed or replaced"), "{error}");
            if file == path {
                let copy = folder.0.join("never.db");
                wait(store.backup(&copy)).expect_err("it would be a copy of another file");
                // No reader was open before, and a new one would open another file.
                wait(store.get(0, "bob")).expect_err("the read is rejected");
            }
        }
        fs::rename(&away, &file).expect("the file is moved back");
        write(&store, [3]);
    }
    assert_eq!(seen(&store).0, 4);
}

#[cfg(unix)]
#[test]
fn open_rejects_a_file_with_several_names() {
    let folder = Folder::new("hard-link");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    write(&store, 1..=2);
    let link = folder.0.join("link.db");
    fs::hard_link(&path, &link).expect("a link");
    refused(&link, &["2 hard links", "remove the other links"]);
    write(&store, [3]);
    drop(store);
    refused(&path, &["2 hard links"]);
    fs::remove_file(&path).expect("the file exists");
    assert_eq!(seen(&opened(&link, &Config::default())).0, 3);
}

#[cfg(unix)]
#[test]
fn open_rejects_an_open_file_by_another_path() {
    let folder = Folder::new("other-path");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    write(&store, 1..=2);
    // As by another mount of the folder: one name, but another lock file.
    let other = folder.0.join("other.db");
    fs::rename(&path, &other).expect("the file exists");
    refused(&other, &["is open in"]);
    fs::rename(&other, &path).expect("the file exists");
    write(&store, [3]);
}

#[test]
fn open_waiting_waits_for_another_process() {
    let folder = Folder::new("waiting");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    write(&store, 1..=2);
    let next = thread::spawn({
        let path = path.clone();
        move || Sqlite::open_waiting(path, Duration::from_secs(600))
    });
    drop(store);
    let store = next
        .join()
        .expect("the thread does not panic")
        .expect("the store is closed");
    wait(store.open(&TWO)).expect("the resources match");
    assert_eq!(seen(&store).0, 2);
}
