//! Compiler messages for wrong uses of the macros, and programs that have to compile.
//!
//! `TRYBUILD=overwrite` updates the expected messages after a change. Review the diff.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the expected messages are from. Other versions word rustc's own messages differently.
const WRITTEN_BY: &str = "rustc 1.95.";

#[test]
fn each_mistake_yields_one_error_and_twins_compile() {
    let cases = trybuild::TestCases::new();
    let is_ours = |case: &Path| !read(&case.with_extension("stderr")).contains("error[E");
    let is_same_compiler = compiler().starts_with(WRITTEN_BY);
    for case in files("fail", "rs") {
        if is_same_compiler || is_ours(&case) {
            cases.compile_fail(case);
        }
    }
    for case in files("pass", "rs") {
        cases.pass(case);
    }
}

fn compiler() -> String {
    let version = Command::new("rustc").arg("--version").output();
    let version = version.expect("rustc prints its version").stdout;
    String::from_utf8(version).expect("the version is UTF-8")
}

/// The files of one kind, of all three macros.
fn files(folder: &str, kind: &str) -> Vec<PathBuf> {
    let folders = ["derive", "remote", "resources"].map(|of| format!("ui/{of}/{folder}"));
    let all = folders.iter().flat_map(|folder| {
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}"))
    });
    let mut files: Vec<PathBuf> = all.map(|file| file.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == kind));
    files.sort();
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn messages_do_not_mention_internal_paths() {
    let messages = files("fail", "stderr");
    for path in &messages {
        let message = read(path);
        for inner in [
            "__private",
            "__bounds",
            "sockful_runtime::",
            "sockful_derive::",
        ] {
            assert!(!message.contains(inner), "`{inner}` in {}", path.display());
        }
    }
    assert_eq!(messages.len(), files("fail", "rs").len());
}
