//! The source files of a crate and the modules that they define.

use std::collections::BTreeMap;
use std::path::Path;
use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Meta, Token};

/// The path of a module under the crate root, such as `["live", "broker"]`.
pub(crate) type ModulePath = Vec<String>;

/// The text of each source file by its path under `src/`, such as `live/broker.rs`.
pub(crate) type Sources = BTreeMap<String, String>;

/// Reads the source files of a package of this workspace.
pub(crate) fn read(package: &str) -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = Sources::new();
    read_folder(&root.join(package).join("src"), "", &mut sources);
    sources
}

fn read_folder(folder: &Path, prefix: &str, sources: &mut Sources) {
    let entries = std::fs::read_dir(folder);
    for entry in entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let entry = entry.expect("a readable directory entry");
        let name = format!("{prefix}{}", entry.file_name().display());
        let path = entry.path();
        if path.is_dir() {
            read_folder(&path, &format!("{name}/"), sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path);
            sources.insert(name, text.expect("source files are UTF-8"));
        }
    }
}

/// A source file that is compiled outside of tests.
pub(crate) struct SourceFile {
    pub(crate) module: ModulePath,
    pub(crate) syntax: syn::File,
}

/// The module tree of a crate, without what only tests compile.
#[derive(Default)]
pub(crate) struct ModuleTree {
    /// Each file by its path under `src/`.
    pub(crate) files: BTreeMap<String, SourceFile>,
    /// The file that defines each module; an inline module belongs to the file that contains it.
    pub(crate) modules: BTreeMap<ModulePath, String>,
    /// Files and folders that belong to a module under `#[cfg(test)]`.
    test_only: Vec<String>,
}

impl ModuleTree {
    /// Follows the `mod` declarations from `lib.rs`.
    pub(crate) fn new(sources: &Sources) -> Self {
        let mut tree = Self::default();
        tree.load(sources, "lib.rs".to_owned(), Vec::new(), "");
        tree
    }

    /// The files that no `mod` declaration reaches.
    pub(crate) fn orphans<'a>(&self, sources: &'a Sources) -> Vec<&'a str> {
        let is_test_only = |path: &str| self.test_only.iter().any(|it| path.starts_with(it));
        let paths = sources.keys().map(String::as_str);
        paths
            .filter(|path| !self.files.contains_key(*path) && !is_test_only(path))
            .collect()
    }

    /// Adds a file and the modules that it declares, whose files are in `folder`.
    fn load(&mut self, sources: &Sources, path: String, module: ModulePath, folder: &str) {
        let text = sources.get(&path).map(String::as_str).unwrap_or_default();
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        self.declare(sources, &path, &syntax.items, &module, folder);
        self.files.insert(path, SourceFile { module, syntax });
    }

    fn declare(
        &mut self,
        sources: &Sources,
        path: &str,
        items: &[Item],
        module: &ModulePath,
        folder: &str,
    ) {
        self.modules.insert(module.clone(), path.to_owned());
        for item in items {
            let Item::Mod(item) = item else { continue };
            let name = item.ident.to_string();
            let [file, other] = [
                format!("{folder}{name}.rs"),
                format!("{folder}{name}/mod.rs"),
            ];
            let inside = format!("{folder}{name}/");
            if is_test_only(&item.attrs) {
                self.test_only.extend([file, inside]);
                continue;
            }
            let mut child = module.clone();
            child.push(name);
            match &item.content {
                Some((_, items)) => self.declare(sources, path, items, &child, &inside),
                None if sources.contains_key(&file) => self.load(sources, file, child, &inside),
                None => self.load(sources, other, child, &inside),
            }
        }
    }
}

/// Whether the attributes restrict an item to tests.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        let condition = || attribute.parse_args::<Meta>().ok();
        path.is_ident("test")
            || path.is_ident("cfg") && condition().is_some_and(|it| evaluate(&it) == Some(false))
    })
}

/// Evaluates a `cfg` condition for a build without tests; `None` if it depends on something else.
fn evaluate(condition: &Meta) -> Option<bool> {
    let Meta::List(list) = condition else {
        return condition.path().is_ident("test").then_some(false);
    };
    let parts = list
        .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        .ok()?;
    let parts: Vec<Option<bool>> = parts.iter().map(evaluate).collect();
    if list.path.is_ident("not") {
        return parts.first().copied().flatten().map(|it| !it);
    }
    let decisive = list.path.is_ident("any");
    if parts.contains(&Some(decisive)) {
        Some(decisive)
    } else if parts.contains(&None) {
        None
    } else {
        Some(!decisive)
    }
}
