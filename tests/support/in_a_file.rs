//! A server whose records are in a file, for tests that are about what is stored.

use sockful::store::Sqlite;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    static FOLDER: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// Runs a test on this thread whose servers have files.
pub(crate) fn in_a_file(test: fn()) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unused());
    fs::create_dir_all(&folder).expect("a folder");
    FOLDER.set(Some(folder.clone()));
    test();
    FOLDER.set(None);
    fs::remove_dir_all(folder).expect("it is ours");
}

/// The store of a new server, where it is to have one of its own.
pub(super) fn store() -> Option<Sqlite> {
    let folder = FOLDER.with_borrow(Clone::clone)?;
    let store = Sqlite::open(folder.join(unused()));
    Some(store.expect("a new file"))
}

/// A name that nothing has yet.
fn unused() -> String {
    static NAMED: AtomicUsize = AtomicUsize::new(0);
    let nth = NAMED.fetch_add(1, Ordering::Relaxed);
    format!("{}-{nth}", std::process::id())
}
