//! Backups of a store that is in use, and integrity checks.

use super::temp_folder::Folder;
use serde::{Deserialize, Serialize};
use sockful::{ErrorKind, Filter, Resource, Resources, Server, resources};
use std::fs;
use tokio::task::JoinSet;

#[derive(Serialize, Deserialize, Resource)]
struct Entry {
    id: String,
    #[resource(index)]
    number: u64,
}

const ENTRIES: Resources = resources![Entry];

fn entry(number: u64) -> NewEntry {
    NewEntry { id: None, number }
}

#[tokio::test]
async fn backup_is_a_consistent_copy_with_a_new_epoch() {
    let folder = Folder::new("backup");
    let handle = folder.open(ENTRIES).await.expect("a new file");
    for number in 0..20 {
        let created = handle.records::<Entry>().create(entry(number)).await;
        created.expect("the record is created");
    }
    let mut writers = JoinSet::new();
    for number in 20..100 {
        let handle = handle.clone();
        writers.spawn(async move { handle.records::<Entry>().create(entry(number)).await });
    }
    let copy = folder.file("copy.db");
    handle.backup(&copy).await.expect("the backup succeeds");
    while let Some(written) = writers.join_next().await {
        written
            .expect("no writer panics")
            .expect("a backup does not block writes");
    }
    assert!(!folder.file("copy.db-partial").exists());

    let again = handle.backup(&copy).await.expect_err("the file exists");
    assert_eq!(again.kind(), ErrorKind::Conflict);
    let no_folder = folder.file("missing/copy.db");
    let no_folder = handle
        .backup(&no_folder)
        .await
        .expect_err("the folder does not exist");
    assert_eq!(no_folder.kind(), ErrorKind::Unavailable);

    let restored = folder.open_file("copy.db", ENTRIES).await;
    let restored = restored.expect("the file is intact");
    assert_ne!(restored.store().epoch(), handle.store().epoch());
    let seq = restored.store().head().await.expect("a head");
    assert!(seq >= 20, "{seq}");
    let count = restored.records::<Entry>().count(Filter::all()).await;
    assert_eq!(count.expect("a count") as u64, seq);
    let all = handle.records::<Entry>().count(Filter::all()).await;
    assert_eq!(all.expect("a count"), 100);
    let next = restored.records::<Entry>().create(entry(7)).await;
    next.expect("the copy accepts writes");
}

#[tokio::test]
async fn memory_store_cannot_be_backed_up() {
    let handle = Server::new(ENTRIES)
        .open()
        .await
        .expect("a memory store opens");
    let refused = handle
        .backup("never.db")
        .await
        .expect_err("a memory store has no file");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(!fs::exists("never.db").expect("a folder"));
}
