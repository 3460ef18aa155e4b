//! The imports between the source files of a crate.

use super::source::{ModulePath, ModuleTree, Sources, is_test_only};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Meta, Token, UseTree, Visibility};

/// Which source files import which, by their paths under `src/`.
#[derive(Default)]
pub(crate) struct Imports {
    /// The module that each file defines.
    pub(crate) files: BTreeMap<String, ModulePath>,
    /// The importing and the imported file, with the paths as they are written.
    pub(crate) edges: BTreeMap<(String, String), BTreeSet<String>>,
    /// The files that no `mod` declaration reaches.
    pub(crate) orphans: Vec<String>,
}

impl Imports {
    /// Collects the imports of all files, without those of tests. What a module re-exports is
    /// imported from that module, except from the crate root.
    pub(crate) fn new(sources: &Sources) -> Self {
        Self::collect(sources, false)
    }

    /// Collects the imports like [`new`](Self::new), but of the files behind the re-exports.
    pub(crate) fn through_exports(sources: &Sources) -> Self {
        Self::collect(sources, true)
    }

    fn collect(sources: &Sources, follows_exports: bool) -> Self {
        let tree = ModuleTree::new(sources);
        let mut imports = Self {
            orphans: tree
                .orphans(sources)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            ..Self::default()
        };
        let mut names = Names::new(&tree, follows_exports);
        for file in tree.files.values() {
            names.module.clone_from(&file.module);
            names.visit_file(&file.syntax);
        }
        for (path, file) in &tree.files {
            imports.files.insert(path.clone(), file.module.clone());
            let mut collector = Collector {
                names: &names,
                module: file.module.clone(),
                found: BTreeMap::new(),
            };
            collector.visit_file(&file.syntax);
            for (imported, paths) in collector.found {
                if imported != *path {
                    imports.edges.insert((path.clone(), imported), paths);
                }
            }
        }
        imports
    }

    /// Whether one of two files defines a module inside the module of the other.
    pub(crate) fn are_parent_and_child(&self, one: &str, other: &str) -> bool {
        let (one, other) = (&self.files[one], &self.files[other]);
        one.starts_with(other) || other.starts_with(one)
    }
}

/// What the names of modules mean in each module.
struct Names<'a> {
    tree: &'a ModuleTree,
    /// The names under which `use` items import modules, by the importing module.
    aliases: BTreeMap<ModulePath, BTreeMap<String, ModulePath>>,
    /// The names that each module re-exports, and the paths behind them.
    exports: BTreeMap<ModulePath, BTreeMap<String, Vec<String>>>,
    /// Whether an import of a re-export counts as an import of the file behind it.
    follows_exports: bool,
    /// The module that is visited.
    module: ModulePath,
}

impl<'a> Names<'a> {
    fn new(tree: &'a ModuleTree, follows_exports: bool) -> Self {
        Self {
            tree,
            aliases: BTreeMap::new(),
            exports: BTreeMap::new(),
            follows_exports,
            module: Vec::new(),
        }
    }

    /// The longest module prefix of a path in `module`, and how many segments are not part of it;
    /// `None` if the path does not begin with `crate`, `super`, `self` or an imported module.
    fn resolve(&self, path: &[String], module: &ModulePath) -> Option<(ModulePath, usize)> {
        let (first, mut rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => module.split_last()?.1.to_vec(),
            name => self.aliases.get(module)?.get(name)?.clone(),
        };
        while let [name, after @ ..] = rest {
            if name == "super" {
                base.pop();
            } else {
                base.push(name.clone());
                if !self.tree.modules.contains_key(&base) {
                    base.pop();
                    break;
                }
            }
            rest = after;
        }
        // The root is above all folders, so the file behind its re-exports always counts.
        if let ([name, ..], true) = (rest, self.follows_exports || base.is_empty())
            && let Some(origin) = self.exports.get(&base).and_then(|it| it.get(name))
        {
            return self.resolve(origin, &base);
        }
        Some((base, rest.len()))
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for Leaf { path, name } in leaves(&item.tree) {
            let Some(name) = name else { continue };
            if !matches!(item.vis, Visibility::Inherited) {
                let mut origin = path.clone();
                if !["crate", "super", "self"].contains(&path[0].as_str()) {
                    origin.insert(0, "self".to_owned());
                }
                let exports = self.exports.entry(self.module.clone()).or_default();
                exports.insert(name.clone(), origin);
            }
            if let Some((module, 0)) = self.resolve(&path, &self.module) {
                let aliases = self.aliases.entry(self.module.clone()).or_default();
                aliases.insert(name, module);
            }
        }
    }
}

/// Collects what one file imports.
struct Collector<'a> {
    names: &'a Names<'a>,
    module: ModulePath,
    found: BTreeMap<String, BTreeSet<String>>,
}

impl Collector<'_> {
    fn add(&mut self, path: &[String]) {
        if let Some((module, _)) = self.names.resolve(path, &self.module) {
            let file = &self.names.tree.modules[&module];
            let paths = self.found.entry(file.clone()).or_default();
            paths.insert(path.join("::"));
        }
    }

    /// Adds the paths in the tokens of a macro.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_sign = |at: usize, sign: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
        let is_separator = |at: usize| is_sign(at, ':') && is_sign(at + 1, ':');
        let mut at = 0;
        while at < tokens.len() {
            let continues = at > 0 && (is_sign(at - 1, ':') && at > 1 && is_sign(at - 2, ':'));
            let is_quoted = at > 0 && is_sign(at - 1, '#');
            match &tokens[at] {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Literal(literal) => self.scan_text(&literal.to_string()),
                TokenTree::Ident(first) if is_separator(at + 1) && !continues && !is_quoted => {
                    let mut path = vec![first.unraw().to_string()];
                    while is_separator(at + 1)
                        && let Some(TokenTree::Ident(next)) = tokens.get(at + 3)
                    {
                        path.push(next.unraw().to_string());
                        at += 3;
                    }
                    match tokens.get(at + 3) {
                        Some(TokenTree::Group(group))
                            if is_separator(at + 1) && group.delimiter() == Delimiter::Brace =>
                        {
                            self.add_group(&path, group.stream());
                        }
                        _ => self.add(&path),
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn add_group(&mut self, prefix: &[String], tokens: TokenStream) {
        let parser = Punctuated::<UseTree, Token![,]>::parse_terminated;
        for leaf in parser.parse2(tokens).iter().flatten().flat_map(leaves) {
            self.add(&[prefix, &leaf.path].concat());
        }
    }

    /// Adds a path that is written as a text, as in `#[serde(with = "crate::timestamp")]`.
    fn scan_text(&mut self, literal: &str) {
        let text = literal.trim_matches('"');
        if ["crate::", "super::", "self::"]
            .iter()
            .any(|start| text.starts_with(start))
            && let Ok(path) = syn::parse_str::<syn::Path>(text)
        {
            self.visit_path(&path);
        }
    }
}

/// Defines visitor methods that skip what only tests compile.
macro_rules! skip_tests {
    ($($visit:ident: $node:ident),* $(,)?) => {
        $(
            fn $visit(&mut self, node: &'ast syn::$node) {
                if !is_test_only(&node.attrs) {
                    visit::$visit(self, node);
                }
            }
        )*
    };
}

impl<'ast> Visit<'ast> for Collector<'_> {
    skip_tests! {
        visit_arm: Arm,
        visit_expr_block: ExprBlock,
        visit_field: Field,
        visit_field_value: FieldValue,
        visit_impl_item_const: ImplItemConst,
        visit_impl_item_fn: ImplItemFn,
        visit_impl_item_type: ImplItemType,
        visit_local: Local,
        visit_stmt_macro: StmtMacro,
        visit_trait_item_fn: TraitItemFn,
        visit_variant: Variant,
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() && matches!(item.vis, Visibility::Inherited) {
            for leaf in leaves(&item.tree) {
                self.add(&leaf.path);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let segments = path.segments.iter();
            let names: Vec<String> = segments.map(|it| it.ident.unraw().to_string()).collect();
            self.add(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.scan(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.scan(list.tokens.clone());
        }
    }

    /// `pub(in super::super)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// What a `use` item imports: a path, and the name that it gets.
struct Leaf {
    path: Vec<String>,
    /// `None` for `*`.
    name: Option<String>,
}

fn leaves(tree: &UseTree) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    collect(tree, &[], &mut leaves);
    leaves
}

fn collect(tree: &UseTree, prefix: &[String], leaves: &mut Vec<Leaf>) {
    let with = |name: &syn::Ident| {
        let name = name.unraw().to_string();
        let mut path = prefix.to_vec();
        // `{self}` is the module before the braces.
        if name != "self" || prefix.is_empty() {
            path.push(name);
        }
        path
    };
    match tree {
        UseTree::Path(path) => collect(&path.tree, &with(&path.ident), leaves),
        UseTree::Name(name) => {
            let path = with(&name.ident);
            let name = path.last().cloned();
            leaves.push(Leaf { path, name });
        }
        UseTree::Rename(rename) => leaves.push(Leaf {
            path: with(&rename.ident),
            name: Some(rename.rename.unraw().to_string()),
        }),
        UseTree::Glob(_) => leaves.push(Leaf {
            path: prefix.to_vec(),
            name: None,
        }),
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, prefix, leaves);
            }
        }
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    use syn::Item;
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
