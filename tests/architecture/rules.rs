//! The rules for imports: folders are layers, and files form no circle.

use super::circles::{Circle, Graph, circles};
use super::imports::Imports;
use std::collections::BTreeSet;

/// The most exceptions that a crate may have.
const MAX_EXCEPTIONS: usize = 5;

/// The layers of a crate.
pub(crate) struct Layers {
    pub(crate) package: &'static str,
    /// The folders of `src/`. A file may import from its own folder and from the folders before it;
    /// a file directly in `src/` belongs to the folder of its name, except `lib.rs`.
    pub(crate) folders: &'static [&'static str],
    /// Imports that the rules do not apply to.
    pub(crate) exceptions: &'static [Exception],
    /// Whether the test fails for this crate if a rule is broken.
    pub(crate) is_enforced: bool,
}

/// An import that is allowed against the rules.
pub(crate) struct Exception {
    /// The importing file, by its path under `src/`.
    pub(crate) from: &'static str,
    /// The imported file.
    pub(crate) to: &'static str,
    pub(crate) reason: &'static str,
}

impl Layers {
    /// Every broken rule, each as one sentence.
    pub(crate) fn check(&self, imports: &Imports) -> Vec<String> {
        let package = self.package;
        let is_excepted = |from: &str, to: &str| {
            let mut exceptions = self.exceptions.iter();
            exceptions.any(|it| (it.from, it.to) == (from, to))
        };
        let broken = self.broken(imports, is_excepted);
        let mut messages: Vec<String> = broken.iter().cloned().collect();
        for path in &imports.orphans {
            messages.push(format!("{package}/src/{path}: no `mod` declares this file"));
        }
        for Exception { from, to, reason } in self.exceptions {
            let is_other = |importing: &str, imported: &str| {
                (importing, imported) != (*from, *to) && is_excepted(importing, imported)
            };
            let arrow = format!("the exception {package}/src/{from} -> {package}/src/{to}");
            if self.broken(imports, is_other) == broken {
                messages.push(format!("{arrow} is no longer needed; remove it"));
            }
            if reason.is_empty() {
                messages.push(format!("{arrow} has no reason"));
            }
        }
        if self.exceptions.len() > MAX_EXCEPTIONS {
            let count = self.exceptions.len();
            messages.push(format!(
                "{package} has {count} exceptions; at most {MAX_EXCEPTIONS} are allowed"
            ));
        }
        messages
    }

    /// The broken rules if the imports that `is_excepted` selects are left out.
    fn broken(
        &self,
        imports: &Imports,
        is_excepted: impl Fn(&str, &str) -> bool,
    ) -> BTreeSet<String> {
        let package = self.package;
        let mut messages = BTreeSet::new();
        for (from, to) in imports.edges.keys() {
            if is_excepted(from, to) {
                continue;
            }
            if let Some(problem) = self.folder_problem(from, to) {
                messages.insert(format!(
                    "{package}/src/{from} imports {package}/src/{to}: {problem}"
                ));
            }
        }
        for folder in imports.files.keys().filter_map(|path| folder(path)) {
            if self.position(folder).is_none() {
                messages.insert(format!(
                    "{package}/src/{folder}: not in the list of folders"
                ));
            }
        }
        for circle in file_circles(imports, is_excepted) {
            let path = |file: &&str| format!("{package}/src/{file}");
            let shortest: Vec<String> = circle.shortest.iter().map(path).collect();
            let mut parts = vec![format!(
                "files import each other: {}",
                shortest.join(" -> ")
            )];
            if circle.nodes.len() >= circle.shortest.len() {
                let nodes: Vec<String> = circle.nodes.iter().map(path).collect();
                parts.push(format!("the whole circle is {}", nodes.join(", ")));
            }
            messages.insert(parts.join("; "));
        }
        messages
    }

    /// Why a file may not import another; `None` if it may.
    pub(crate) fn folder_problem(&self, from: &str, to: &str) -> Option<String> {
        let (from, to) = (folder(from)?, folder(to)?);
        if self.position(from)? >= self.position(to)? {
            return None;
        }
        Some(format!(
            "`{from}` may not import `{to}` (it is below it in the list)"
        ))
    }

    fn position(&self, folder: &str) -> Option<usize> {
        self.folders.iter().position(|it| *it == folder)
    }
}

/// The folder that a file belongs to; `None` for `lib.rs`.
pub(crate) fn folder(path: &str) -> Option<&str> {
    let first = path.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "lib").then_some(name)
}

/// The circles of files, without imports between parent and child modules.
pub(crate) fn file_circles(
    imports: &Imports,
    is_excepted: impl Fn(&str, &str) -> bool,
) -> Vec<Circle<'_>> {
    let mut graph = Graph::new();
    for (from, to) in imports.edges.keys() {
        if !imports.are_parent_and_child(from, to) && !is_excepted(from, to) {
            graph.entry(from).or_default().insert(to);
        }
    }
    circles(&graph)
}
