//! An impl block with `#[remote]`.

use super::hook::{self, Hook};
use super::method::{Method, MethodWords};
use super::policy::{self, Policy};
use super::syntax::Paths;
use crate::attributes::{HookWords, PolicyWords, Words};
use crate::diagnostics::Diagnostics;
use syn::{ImplItem, ImplItemFn, ItemImpl, Visibility};

/// The block, as far as it could be read.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    pub(crate) item: &'a ItemImpl,
    pub(crate) paths: Paths,
    pub(crate) methods: Vec<Method<'a>>,
    pub(crate) hooks: Vec<Hook<'a>>,
    pub(crate) policies: Vec<Policy<'a>>,
}

/// The words on each method and its parameters, read first so that the model can borrow them.
#[derive(Debug)]
pub(crate) struct BlockWords {
    methods: Vec<MethodWords>,
    hooks: Vec<HookWords>,
    policies: Vec<PolicyWords>,
}

impl BlockWords {
    pub(crate) fn of(item: &ItemImpl, diagnostics: &mut Diagnostics) -> Self {
        let methods = remote_methods(item).map(|method| MethodWords::of(method, diagnostics));
        Self {
            methods: methods.collect(),
            hooks: hook::words(item, diagnostics),
            policies: policy::words(item, diagnostics),
        }
    }
}

impl<'a> Block<'a> {
    pub(crate) fn of(item: &'a ItemImpl, words: &Words, said: &'a BlockWords) -> Self {
        let methods: Vec<_> = remote_methods(item)
            .zip(&said.methods)
            .map(|(method, said)| Method::of(method, said))
            .collect();
        let hooks = hook::hooks(item)
            .zip(&said.hooks)
            .map(|(method, words)| Hook::of(method, words, &methods))
            .collect();
        let policies = policy::policies(item)
            .zip(&said.policies)
            .map(|(method, words)| Policy::of(method, words, &methods))
            .collect();
        Self {
            item,
            paths: Paths::of(words),
            methods,
            hooks,
            policies,
        }
    }
}

/// The `pub` methods: those are remote.
fn remote_methods(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => Some(method),
        _ => None,
    })
}
