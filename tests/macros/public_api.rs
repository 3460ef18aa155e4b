//! Rules for the names that `sockful` exports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use syn::{Attribute, File, Item, UseTree};

fn facade() -> File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sockful/src/lib.rs");
    let text = std::fs::read_to_string(path).expect("the facade is readable");
    syn::parse_file(&text).expect("the facade is valid Rust")
}

/// The exported names with their paths. Hidden modules are included if `hidden` is set.
fn exports(items: &[Item], module: &str, hidden: bool) -> Vec<(String, String)> {
    let mut exports = Vec::new();
    for item in items {
        match item {
            Item::Mod(item) if hidden || !is_hidden(&item.attrs) => {
                let module = format!("{module}::{}", item.ident);
                let items = item.content.as_ref().map_or(&[][..], |(_, items)| items);
                exports.extend(self::exports(items, &module, hidden));
            }
            Item::Use(item) if hidden || !is_hidden(&item.attrs) => {
                add_names(&item.tree, module, &mut exports);
            }
            _ => {}
        }
    }
    exports
}

fn add_names(tree: &UseTree, module: &str, exports: &mut Vec<(String, String)>) {
    let mut add = |name: String| exports.push((name.clone(), format!("{module}::{name}")));
    match tree {
        UseTree::Path(path) => add_names(&path.tree, module, exports),
        UseTree::Group(group) => {
            for tree in &group.items {
                add_names(tree, module, exports);
            }
        }
        UseTree::Name(name) => add(name.ident.to_string()),
        UseTree::Rename(rename) => add(rename.rename.to_string()),
        UseTree::Glob(_) => add("*".to_owned()),
    }
}

/// Whether rustdoc shows nothing of an item with these attributes.
fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        let name = attribute.path().get_ident().map(ToString::to_string);
        matches!(
            (
                name.as_deref(),
                list.map(|list| list.tokens.to_string()).as_deref()
            ),
            (Some("doc"), Ok("hidden")) | (Some("cfg"), Ok("not (doc)"))
        )
    })
}

#[test]
fn public_types_have_one_name_each() {
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, path) in exports(&facade().items, "sockful", false) {
        if name.starts_with(char::is_uppercase) {
            // A set, because `Resource` is both a trait and the macro that implements it.
            paths.entry(name).or_default().insert(path);
        }
    }
    assert!(paths.contains_key("Filter") && paths.contains_key("QueryFilter"));
    paths.retain(|_, paths| paths.len() > 1);
    assert!(paths.is_empty(), "{paths:#?}");
}

#[test]
fn exports_are_listed_by_name() {
    let exports = exports(&facade().items, "sockful", true);
    let globs: Vec<_> = exports.iter().filter(|(name, _)| name == "*").collect();
    assert!(globs.is_empty(), "{globs:#?}");
}

#[test]
fn support_of_macros_is_hidden() {
    let exports = exports(&facade().items, "sockful", false);
    let support = ["macro_support", "__private"];
    let shown = exports
        .iter()
        .filter(|(_, path)| support.iter().any(|module| path.contains(module)));
    assert_eq!(shown.count(), 0);
}
