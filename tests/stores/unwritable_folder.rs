//! Folders that are missing or not writable.

use super::temp_folder::Folder;
use sockful::ErrorKind;
use sockful::store::Sqlite;
use std::fs;

#[test]
fn missing_folder_is_reported() {
    let folder = Folder::new("nowhere");
    let path = folder.file("nowhere/data.db");
    let error = Sqlite::open(&path).expect_err("there is no folder");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let said = error.to_string();
    assert!(
        said.contains("nowhere/data.db` can't be locked: "),
        "{said}"
    );
}

#[test]
fn read_only_folder_is_reported() {
    let folder = Folder::new("readonly");
    let own = folder.file("own");
    fs::create_dir(&own).expect("a folder");
    let mut permissions = fs::metadata(&own).expect("it is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&own, permissions).expect("it is ours");
    if fs::write(own.join("probe"), "").is_ok() {
        // Who may do everything is kept out of nowhere.
        return;
    }
    let error = Sqlite::open(own.join("data.db")).expect_err("it can't be written to");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let said = error.to_string();
    assert!(said.contains("own/data.db` can't be locked: "), "{said}");
}
