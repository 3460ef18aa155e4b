//! Rules for the files of the repository and of the published packages.

use super::architecture::PACKAGES;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PUBLISHED: [&str; 4] = [
    "sockful",
    "sockful-derive",
    "sockful-formats",
    "sockful-runtime",
];
const MAX_CORPUS_FILES: usize = 100;
const ADDRESS: &str = "https://github.com/sockful/sockful/blob/main/";

/// The folders that paths in documents for contributors are relative to.
const BASES: [&str; 3] = ["", "sockful-runtime/src", "sockful-derive/src"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    let text = fs::read_to_string(root().join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs a program at the root of the repository and returns its output.
fn output(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(root()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The files below a folder, at any depth.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a readable folder");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    let files = paths.flat_map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    files.collect()
}

#[test]
fn repository_has_no_symlinks() {
    let index = output("git", &["ls-files", "--stage"]);
    let links: Vec<&str> = index
        .lines()
        .filter(|it| it.starts_with("120000"))
        .collect();
    assert!(links.is_empty(), "{links:#?}");
}

#[test]
fn embedded_client_equals_its_source() {
    let embedded = files(&root().join("sockful-runtime/src"));
    for (source, copy) in [("sockful.js", "client.js"), ("sockful.d.ts", "client.d.ts")] {
        let copies: Vec<_> = embedded.iter().filter(|it| it.ends_with(copy)).collect();
        let [copy] = copies[..] else {
            panic!("expected one `{copy}` in the runtime: {copies:?}");
        };
        let copy = fs::read_to_string(copy).expect("UTF-8");
        let source = read(&format!("clients/typescript/{source}"));
        assert!(source == copy, "run ./scripts/sync-client");
    }
}

#[test]
fn licence_files_of_crates_equal_those_of_root() {
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        for package in PUBLISHED {
            assert!(
                read(licence) == read(&format!("{package}/{licence}")),
                "{package}/{licence} differs"
            );
        }
    }
}

#[test]
fn packages_have_licences_and_no_private_keys() {
    for package in PUBLISHED {
        let arguments = [
            "package",
            "--list",
            "--allow-dirty",
            "--offline",
            "-p",
            package,
        ];
        let list = output(env!("CARGO"), &arguments);
        let list: Vec<&str> = list.lines().collect();
        for required in ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"] {
            assert!(list.contains(&required), "{package} lacks {required}");
        }
        for file in list {
            let path = root().join(package).join(file);
            // Cargo generates some files while it packages.
            let text = fs::read_to_string(path).unwrap_or_default();
            let is_key = Path::new(file).extension().is_some_and(|it| it == "pem")
                || text.contains("-----BEGIN PRIVATE KEY");
            assert!(!is_key, "{package} contains the key {file}");
        }
    }
}

#[test]
fn fuzz_corpus_is_small() {
    let found = files(&root().join("fuzz/corpus")).len();
    assert!(
        found <= MAX_CORPUS_FILES,
        "{found} files; see fuzz/README.md"
    );
}

/// The README is also the front page of the package, where relative links lead nowhere.
#[test]
fn readme_links_are_absolute_and_exist() {
    let readme = read("README.md");
    for link in readme.split("](").skip(1) {
        let link = link.split(')').next().unwrap_or_default();
        assert!(
            link.starts_with("https://") || link.starts_with('#'),
            "{link} is relative"
        );
        if let Some(path) = link.strip_prefix(ADDRESS) {
            let path = path.split('#').next().unwrap_or_default();
            assert!(root().join(path).exists(), "{link} does not exist");
        }
    }
}

/// The prose of a document: the text outside code blocks.
fn prose(document: &str) -> impl Iterator<Item = &str> {
    document.split("```").step_by(2)
}

/// The targets of the links in a document, without those in code.
fn links(document: &str) -> impl Iterator<Item = &str> {
    let text = prose(document).flat_map(|it| it.split('`').step_by(2));
    let targets = text.flat_map(|it| it.split("](").skip(1));
    targets.filter_map(|it| it.split(')').next())
}

/// The anchors of the headings of a document, as GitHub and mdBook generate them.
fn anchors(document: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for line in prose(document).flat_map(str::lines) {
        let text = line.trim_start_matches('#');
        if text == line || !text.starts_with(' ') {
            continue;
        }
        let text = text.trim().to_lowercase().replace(' ', "-");
        let is_kept = |it: &char| it.is_alphanumeric() || "-_".contains(*it);
        let anchor: String = text.chars().filter(is_kept).collect();
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        let mut candidates = std::iter::once(anchor.clone()).chain(numbered);
        anchors.extend(candidates.find(|it| !anchors.contains(it)));
    }
    anchors
}

/// The pages of the book, relative to the root of the repository.
fn book_pages() -> Vec<String> {
    let docs = root().join("docs");
    let pages = files(&docs).into_iter().filter_map(|path| {
        let is_markdown = path.extension().is_some_and(|it| it == "md");
        let path = path.strip_prefix(&docs).expect("a file in docs");
        let path = path.to_str().expect("UTF-8").replace('\\', "/");
        (is_markdown && path != "SUMMARY.md").then(|| format!("docs/{path}"))
    });
    let mut pages: Vec<String> = pages.collect();
    pages.sort();
    pages
}

/// Why a link in a document leads nowhere, if it does.
fn broken_link(document: &str, link: &str) -> Option<&'static str> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = Path::new(document)
        .parent()
        .expect("a document in a folder");
    let target = match (path, link.strip_prefix(ADDRESS)) {
        (_, Some(_)) => Path::new(path.strip_prefix(ADDRESS)?).to_owned(),
        ("", _) => Path::new(document).to_owned(),
        _ if link.contains("://") => return None,
        _ => folder.join(path),
    };
    let Ok(file) = root().join(target).canonicalize() else {
        return Some("the file does not exist");
    };
    let docs = root().join("docs").canonicalize().expect("a folder");
    if document.starts_with("docs/") && !link.contains("://") && !file.starts_with(docs) {
        return Some("the file is not part of the book; write the full address");
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    let exists = anchor.is_empty() || anchors(&text).iter().any(|it| it == anchor);
    (!exists).then_some("the file has no such heading")
}

#[test]
fn links_in_documents_resolve() {
    let documents = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "clients/typescript/README.md",
        "fuzz/README.md",
        "tests/README.md",
    ];
    let documents = documents.map(str::to_owned).into_iter().chain(book_pages());
    let mut broken = Vec::new();
    for document in documents {
        for link in links(&read(&document)) {
            let reason = broken_link(&document, link);
            broken.extend(reason.map(|reason| format!("{document}: {link}: {reason}")));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn book_summary_lists_every_page_once() {
    let summary = read("docs/SUMMARY.md");
    let mut listed: Vec<String> = links(&summary).map(|it| format!("docs/{it}")).collect();
    listed.sort();
    assert_eq!(listed, book_pages());
}

/// Whether a document has a Rust example that is compiled.
fn has_compiled_example(document: &str) -> bool {
    let blocks = document.split("```").skip(1).step_by(2);
    let languages = blocks.filter_map(|block| block.lines().next());
    languages
        .filter(|language| language.starts_with("rust"))
        .any(|language| !language.contains("ignore"))
}

#[test]
fn rust_examples_of_documents_are_compiled() {
    let listed = read("tests/documents.rs");
    for page in book_pages() {
        let name = page.trim_start_matches("docs/");
        assert_eq!(
            listed.contains(&format!("\"{name}\"")),
            has_compiled_example(&read(&page)),
            "tests/documents.rs lists the documents with Rust examples: {page}"
        );
    }
}

/// The words in the code spans of a document, without code blocks.
fn code_words(document: &str) -> Vec<&str> {
    let spans = prose(document).flat_map(|it| it.split('`').skip(1).step_by(2));
    spans.flat_map(str::split_whitespace).collect()
}

/// Whether a word is written like the path of a file in the repository.
fn is_path(word: &str) -> bool {
    let has_extension = [".rs", ".md", ".js", ".ts", ".toml", ".txt", ".yml"]
        .iter()
        .any(|extension| word.ends_with(extension));
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "_-./".contains(it);
    // Routes begin with a slash, and `target/` is not part of the repository.
    let is_elsewhere = word.starts_with('/') || word.starts_with("target/");
    (word.contains('/') || has_extension) && word.chars().all(is_plain) && !is_elsewhere
}

#[test]
fn paths_in_contributor_documents_exist() {
    let mut missing = Vec::new();
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = read(document);
        let words = code_words(&text);
        let paths: Vec<&str> = words.into_iter().filter(|it| is_path(it)).collect();
        assert!(paths.len() > 30, "{document} has few paths: {paths:?}");
        let exists = |path: &str| BASES.iter().any(|it| root().join(it).join(path).exists());
        let absent = paths.into_iter().filter(|path| !exists(path));
        missing.extend(absent.map(|path| format!("{document}: {path}")));
    }
    assert!(missing.is_empty(), "do not exist: {missing:#?}");
}

/// Each guarantee of `docs/guide/security.md` names its tests, as files and functions in them.
#[test]
fn tests_of_guarantees_exist() {
    let page = read("docs/guide/security.md");
    let (_, page) = page.split_once("\n## Guarantees\n").expect("a section");
    let (page, _) = page.split_once("\n## ").expect("a section");
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let rows = rows.filter(|row| !row.starts_with("| guarantee |"));
    let mut missing = Vec::new();
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next();
        let (mut file, mut is_named) = (PathBuf::new(), false);
        for span in tests.unwrap_or_default().split('`').skip(1).step_by(2) {
            let exists = if span.contains('/') || span.contains('.') {
                let mut files = ["tests", ""]
                    .map(|it| root().join(it).join(span))
                    .into_iter();
                file = files.find(|it| it.exists()).unwrap_or_default();
                file.exists()
            } else {
                let text = fs::read_to_string(&file).unwrap_or_default();
                text.contains(&format!("fn {span}("))
            };
            is_named = true;
            if !exists {
                missing.push(format!("{span} of {row}"));
            }
        }
        if !is_named {
            missing.push(format!("a test of {row}"));
        }
    }
    assert!(missing.is_empty(), "do not exist: {missing:#?}");
}

#[test]
fn architecture_lists_layers_in_order() {
    let text = read("ARCHITECTURE.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    for layers in PACKAGES {
        let folders = layers.folders;
        let mut parts = rows.windows(folders.len());
        let package = layers.package;
        assert!(
            parts.any(|part| part == folders),
            "ARCHITECTURE.md lacks a table of {folders:?} for {package}"
        );
        for exception in layers.exceptions {
            let arrow = format!("`{}` → `{}`", exception.from, exception.to);
            assert!(text.contains(&arrow), "ARCHITECTURE.md lacks {arrow}");
        }
    }
}
