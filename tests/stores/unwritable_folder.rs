//! Folders that are missing or not writable.

use super::temp_folder::Folder;
use sockful::ErrorKind;
use sockful::store::Sqlite;
use std::fs;

#[test]
fn missing_folder_is_reported() {
    let folder = Folder::new("missing");
    let path = folder.file("missing/data.db");
    let error = Sqlite::open(&path).expect_err("the folder does not exist");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let message = error.to_string();
    assert!(
        message.contains("missing/data.db` can't be locked: "),
        "{message}"
    );
}

#[test]
fn read_only_folder_is_reported() {
    let folder = Folder::new("readonly");
    let own = folder.file("own");
    fs::create_dir(&own).expect("a folder");
    let mut permissions = fs::metadata(&own).expect("the folder exists").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&own, permissions).expect("the permissions can be set");
    if fs::write(own.join("probe"), "").is_ok() {
        // Root can write to a read-only folder.
        return;
    }
    let error = Sqlite::open(own.join("data.db")).expect_err("the folder is read-only");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let message = error.to_string();
    assert!(
        message.contains("own/data.db` can't be locked: "),
        "{message}"
    );
}
