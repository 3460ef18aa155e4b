//! The model of an impl block with `#[remote]`.

use super::hook::{self, Hook};
use super::method::{Method, MethodAttributes};
use super::policy::{self, Policy};
use super::syntax::Paths;
use crate::attributes::{Attributes, HookAttributes, PolicyAttributes};
use crate::diagnostics::Diagnostics;
use syn::{ImplItem, ImplItemFn, ItemImpl, Visibility};

/// An impl block, as far as it could be parsed.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    pub(crate) item: &'a ItemImpl,
    pub(crate) paths: Paths,
    pub(crate) methods: Vec<Method<'a>>,
    pub(crate) hooks: Vec<Hook<'a>>,
    pub(crate) policies: Vec<Policy<'a>>,
}

/// The attributes of all methods, read first so that the model can borrow them.
#[derive(Debug)]
pub(crate) struct BlockAttributes {
    methods: Vec<MethodAttributes>,
    hooks: Vec<HookAttributes>,
    policies: Vec<PolicyAttributes>,
}

impl BlockAttributes {
    pub(crate) fn of(item: &ItemImpl, diagnostics: &mut Diagnostics) -> Self {
        let methods = remote_methods(item).map(|method| MethodAttributes::of(method, diagnostics));
        Self {
            methods: methods.collect(),
            hooks: hook::attributes(item, diagnostics),
            policies: policy::attributes(item, diagnostics),
        }
    }
}

impl<'a> Block<'a> {
    pub(crate) fn of(
        item: &'a ItemImpl,
        attributes: &Attributes,
        inner: &'a BlockAttributes,
    ) -> Self {
        let methods: Vec<_> = remote_methods(item)
            .zip(&inner.methods)
            .map(|(method, inner)| Method::of(method, inner))
            .collect();
        let hooks = hook::hooks(item)
            .zip(&inner.hooks)
            .map(|(method, attributes)| Hook::of(method, attributes, &methods))
            .collect();
        let policies = policy::policies(item)
            .zip(&inner.policies)
            .map(|(method, attributes)| Policy::of(method, attributes, &methods))
            .collect();
        Self {
            item,
            paths: Paths::of(attributes),
            methods,
            hooks,
            policies,
        }
    }
}

/// The remote methods: those that are `pub`.
fn remote_methods(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => Some(method),
        _ => None,
    })
}
