//! Servers that store their records in an SQLite file.

use sockful::store::Sqlite;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    static FOLDER: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// Runs a test on this thread whose servers store their records in SQLite files.
pub(crate) fn with_sqlite_stores(test: fn()) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unused_name());
    fs::create_dir_all(&folder).expect("a folder");
    FOLDER.set(Some(folder.clone()));
    test();
    FOLDER.set(None);
    fs::remove_dir_all(folder).expect("the folder can be removed");
}

/// Returns the store of a new server, if servers on this thread use files.
pub(super) fn new_store() -> Option<Sqlite> {
    let folder = FOLDER.with_borrow(Clone::clone)?;
    let store = Sqlite::open(folder.join(unused_name()));
    Some(store.expect("a new file"))
}

/// Returns a file name that is not in use.
fn unused_name() -> String {
    static NAMED: AtomicUsize = AtomicUsize::new(0);
    let nth = NAMED.fetch_add(1, Ordering::Relaxed);
    format!("{}-{nth}", std::process::id())
}
