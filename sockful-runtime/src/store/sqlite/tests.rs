use super::*;
use crate::store::contract;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder that is removed in the end.
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
fn sqlite_does_what_every_store_must() {
    let folder = Folder::new("contract");
    let made = AtomicUsize::new(0);
    contract::check(40, |config| {
        let nth = made.fetch_add(1, Ordering::Relaxed);
        let path = folder.0.join(format!("{nth}.db"));
        Sqlite::with_config(path, config).expect("a new file")
    });
}
