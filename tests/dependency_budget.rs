//! The crates that `sockful` depends on. A new dependency has to be added to the list, where a review sees it.

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn crates_of_sockful_are_listed() {
    assert_listed(&[], include_str!("crates.txt"));
}

/// A program that is only a client compiles nothing of the server.
#[test]
fn crates_of_client_are_listed() {
    let options = ["--no-default-features", "--features", "client"];
    assert_listed(&options, include_str!("crates-client.txt"));
}

fn assert_listed(options: &[&str], list: &str) {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--package", "sockful"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(options)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8(tree.stdout).expect("crate names are UTF-8");
    let used: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let listed: BTreeSet<&str> = list.lines().collect();
    let (more, fewer): (Vec<_>, Vec<_>) = (
        used.difference(&listed).collect(),
        listed.difference(&used).collect(),
    );
    assert!(
        more.is_empty() && fewer.is_empty(),
        "not listed: {more:?}; not used any more: {fewer:?}"
    );
}
