//! The crates that `sockful` depends on.

use std::collections::BTreeSet;
use std::process::Command;

/// A crate more or less is a visible difference: `crates.txt` changes with it.
#[test]
fn the_crates_of_sockful_are_those_that_are_listed() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--package",
            "sockful",
            "--edges",
            "normal",
        ])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8(tree.stdout).expect("names are text");
    let used: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let listed: BTreeSet<&str> = include_str!("crates.txt").lines().collect();
    let (more, fewer): (Vec<_>, Vec<_>) = (
        used.difference(&listed).collect(),
        listed.difference(&used).collect(),
    );
    assert!(
        more.is_empty() && fewer.is_empty(),
        "not listed: {more:?}; not used any more: {fewer:?}"
    );
}
