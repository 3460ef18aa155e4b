//! Stores in temporary folders.

use sockful::store::Sqlite;
use sockful::{Resources, Result, Server, ServerHandle};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that is removed when this is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn store(&self) -> Sqlite {
        Sqlite::open(self.file("data.db")).expect("the file is not locked")
    }

    pub(super) async fn open(&self, resources: Resources) -> Result<ServerHandle> {
        open(resources, self.store()).await
    }

    pub(super) async fn open_file(&self, name: &str, resources: Resources) -> Result<ServerHandle> {
        open(resources, Sqlite::open(self.file(name))?).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Leftovers are in the build's temporary folder.
        drop(fs::remove_dir_all(&self.0));
    }
}

pub(super) async fn open(resources: Resources, store: Sqlite) -> Result<ServerHandle> {
    Server::new(resources).store(store).open().await
}
