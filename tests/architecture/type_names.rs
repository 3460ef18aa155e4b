//! Type names that a crate defines more than once.

use super::source::{ModuleTree, Sources, is_test_only};
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ItemEnum, ItemFn, ItemMod, ItemStruct, ItemTrait, ItemType};

/// The names of structs, enums, traits and aliases outside of tests and of functions that are defined
/// more than once, with the files that define them.
pub(crate) fn duplicates(sources: &Sources) -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::<String, Vec<String>>::new();
    for (path, file) in &ModuleTree::new(sources).files {
        let mut defined = Defined::default();
        defined.visit_file(&file.syntax);
        for name in defined.0 {
            names.entry(name).or_default().push(path.clone());
        }
    }
    names.retain(|_, files| files.len() > 1);
    names
}

#[derive(Default)]
struct Defined(Vec<String>);

impl Defined {
    fn add(&mut self, attributes: &[Attribute], name: &Ident) {
        if !is_test_only(attributes) {
            self.0.push(name.to_string());
        }
    }
}

impl Visit<'_> for Defined {
    fn visit_item_mod(&mut self, item: &ItemMod) {
        if !is_test_only(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    /// Skips functions: a type inside of a function is not visible elsewhere.
    fn visit_item_fn(&mut self, _: &ItemFn) {}

    fn visit_item_struct(&mut self, item: &ItemStruct) {
        self.add(&item.attrs, &item.ident);
    }

    fn visit_item_enum(&mut self, item: &ItemEnum) {
        self.add(&item.attrs, &item.ident);
    }

    fn visit_item_trait(&mut self, item: &ItemTrait) {
        self.add(&item.attrs, &item.ident);
    }

    fn visit_item_type(&mut self, item: &ItemType) {
        self.add(&item.attrs, &item.ident);
    }
}
