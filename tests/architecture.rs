//! The direction of imports inside the crates; `cargo run --example imports` prints them.

mod circles;
mod imports;
mod packages;
mod rules;
mod source;
mod type_names;

use imports::Imports;
pub(crate) use packages::PACKAGES;
use rules::{Exception, Layers};

#[test]
fn imports_follow_the_layers() {
    for layers in PACKAGES.iter().filter(|layers| layers.is_enforced) {
        let broken = layers.check(&Imports::new(&source::read(layers.package)));
        assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
    }
}

/// Type names of the runtime that are defined twice, each with the reason. At most eight.
const DEFINED_TWICE: &[(&str, &str)] = &[
    (
        "Body",
        "the result of a request, and the body of an HTTP response",
    ),
    ("Context", "a client without `server` compiles an empty one"),
    ("Count", "a client without `server` compiles an empty one"),
    ("Find", "a client without `server` compiles an empty one"),
    ("Records", "a client without `server` compiles an empty one"),
    (
        "Reply",
        "what the engine replies, and what the client receives",
    ),
];

#[test]
fn type_names_are_defined_once() {
    let duplicates = type_names::duplicates(&source::read("sockful-runtime"));
    let names: Vec<&str> = duplicates.keys().map(String::as_str).collect();
    let allowed: Vec<&str> = DEFINED_TWICE.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, allowed, "{duplicates:#?}");
    assert!(allowed.len() <= 8);
}

#[test]
fn type_name_defined_twice_is_reported() {
    let files = [
        (
            "lib.rs",
            "mod low; mod high; #[cfg(test)] mod tests; mod inner { enum Top {} }",
        ),
        (
            "low.rs",
            "struct Low; fn f() { struct Top; } #[cfg(test)] mod tests { struct Top; }",
        ),
        ("high.rs", "trait Top {}"),
        ("tests.rs", "struct Top;"),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let duplicates = type_names::duplicates(&files.into_iter().collect());
    let expected = ["high.rs".to_owned(), "lib.rs".to_owned()].to_vec();
    assert_eq!(
        duplicates.into_iter().collect::<Vec<_>>(),
        [("Top".to_owned(), expected)]
    );
}

/// A crate with two layers, `low` and `high`.
const LAYERS: Layers = Layers {
    package: "sample",
    folders: &["low", "high"],
    exceptions: &[],
    is_enforced: true,
};

const LIB: (&str, &str) = ("lib.rs", "mod low; mod high; pub use high::Exported;");

/// The broken rules of a crate with these files.
fn broken(layers: &Layers, files: &[(&str, &str)]) -> Vec<String> {
    layers.check(&Imports::new(&sources(files)))
}

fn sources(files: &[(&str, &str)]) -> source::Sources {
    let files = files.iter().chain([&LIB]);
    let sources = files.map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    sources.collect()
}

#[test]
fn upward_import_is_reported() {
    for (low, imported) in [
        ("use crate::high::Top;", "high.rs"),
        ("use super::high::{self, *};", "high.rs"),
        ("use crate::high::top::Top;", "high/top.rs"),
        (
            "use crate::{high as other}; fn f() { other::top::f() }",
            "high/top.rs",
        ),
        ("fn f() { crate::high::top::f(); }", "high/top.rs"),
        ("fn f(it: &impl crate::high::Top) {}", "high.rs"),
        ("fn f() { vec![(1, crate::high::Top)]; }", "high.rs"),
        (
            "macro_rules! m { () => { $crate::high::top::Top } }",
            "high/top.rs",
        ),
        (
            "macro_rules! m { () => { use crate::high::{top::Top}; } }",
            "high/top.rs",
        ),
        (
            "struct S { #[serde(with = \"crate::high::top\")] field: u8 }",
            "high/top.rs",
        ),
        (
            "mod inner { use super::super::high::top::Top; }",
            "high/top.rs",
        ),
        (
            "#[cfg(any(test, feature = \"more\"))] use crate::high::Top;",
            "high.rs",
        ),
        ("use crate::Exported;", "high.rs"),
    ] {
        let files = [
            ("low.rs", low),
            ("high.rs", "mod top; pub(crate) use top::Top;"),
            ("high/top.rs", ""),
        ];
        let expected = format!(
            "sample/src/low.rs imports sample/src/{imported}: `low` may not import `high` (it is below it in the list)"
        );
        assert_eq!(broken(&LAYERS, &files).last(), Some(&expected), "{low}");
    }
}

#[test]
fn downward_import_is_allowed() {
    let files = [
        ("low.rs", "mod deep; use deep::Deep; pub(super) fn f() {}"),
        (
            "low/deep.rs",
            "use super::f; use crate::low; pub(crate) struct Deep;",
        ),
        (
            "high.rs",
            "use crate::low::{self, f}; fn g() { low::f(); self::h(); }",
        ),
    ];
    assert_eq!(broken(&LAYERS, &files), [""; 0]);
}

#[test]
fn import_in_a_test_is_allowed() {
    for low in [
        "#[cfg(test)] use crate::high::Top;",
        "#[cfg(all(test, unix))] use crate::high::Top;",
        "#[cfg(test)] mod tests { use crate::high::Top; }",
        "#[cfg(test)] mod tests;",
        "struct S; impl S { #[cfg(test)] fn f() { crate::high::f() } }",
        "#[test] fn f() { crate::high::f() }",
    ] {
        let files = [
            ("low.rs", low),
            ("low/tests.rs", "mod more; use crate::high::Top;"),
            ("low/tests/more.rs", "use crate::high::Top;"),
            ("high.rs", ""),
        ];
        let has_orphans = !low.contains("mod tests");
        let broken = broken(&LAYERS, &files);
        assert_eq!(broken.len(), if has_orphans { 2 } else { 0 }, "{broken:?}");
        assert!(broken.iter().all(|it| it.contains("no `mod` declares")));
    }
}

#[test]
fn re_export_is_not_an_import() {
    let files = [
        (
            "low.rs",
            "pub(crate) use crate::high::Top; pub use super::high;",
        ),
        ("high.rs", ""),
    ];
    assert_eq!(broken(&LAYERS, &files), [""; 0]);
}

#[test]
fn circle_behind_re_exports_is_printed() {
    let files = [
        ("low.rs", "mod a; mod b; use a::A; pub(crate) use b::B;"),
        ("low/a.rs", "use super::B;"),
        ("low/b.rs", "use super::a::A;"),
        ("high.rs", ""),
    ];
    let circles = |imports: Imports| rules::file_circles(&imports, |_, _| false).len();
    assert_eq!(circles(Imports::new(&sources(&files))), 0);
    assert_eq!(circles(Imports::through_exports(&sources(&files))), 1);
}

const CIRCLE: [(&str, &str); 6] = [
    ("low.rs", "mod a; mod b; mod c; mod d; use a::A;"),
    ("low/a.rs", "use super::b::B; use super::f;"),
    ("low/b.rs", "use super::c;"),
    ("low/c.rs", "use crate::low::{a::A, d::D};"),
    ("low/d.rs", ""),
    ("high.rs", ""),
];

#[test]
fn circle_of_files_is_reported() {
    assert_eq!(
        broken(&LAYERS, &CIRCLE),
        [
            "files import each other: sample/src/low/a.rs -> sample/src/low/b.rs -> sample/src/low/c.rs -> sample/src/low/a.rs"
        ]
    );
}

#[test]
fn exception_allows_one_import() {
    let layers = Layers {
        exceptions: &[Exception {
            from: "low/c.rs",
            to: "low/a.rs",
            reason: "a reason",
        }],
        ..LAYERS
    };
    assert_eq!(broken(&layers, &CIRCLE), [""; 0]);
}

#[test]
fn unused_exception_is_reported() {
    let layers = Layers {
        exceptions: &[Exception {
            from: "low/a.rs",
            to: "low/d.rs",
            reason: "",
        }],
        ..LAYERS
    };
    let arrow = "the exception sample/src/low/a.rs -> sample/src/low/d.rs";
    let broken = broken(&layers, &CIRCLE);
    assert!(broken.contains(&format!("{arrow} is no longer needed; remove it")));
    assert!(broken.contains(&format!("{arrow} has no reason")));
    assert_eq!(broken.len(), 3);
}

#[test]
fn unlisted_folder_is_reported() {
    let layers = Layers {
        folders: &["low"],
        ..LAYERS
    };
    let broken = broken(&layers, &[("low.rs", ""), ("high.rs", "")]);
    assert_eq!(broken, ["sample/src/high: not in the list of folders"]);
}
