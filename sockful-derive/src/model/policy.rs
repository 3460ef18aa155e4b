//! A method of the block that decides who may do what, and is never called by clients.

use super::method::{Method, Receiver};
use crate::attributes::{PolicyAttributes, is_policy_attribute};
use crate::diagnostics::Diagnostics;
use syn::ext::IdentExt;
use syn::{Ident, ImplItem, ImplItemFn, ItemImpl, Visibility};

/// A policy.
#[derive(Debug)]
pub(crate) struct Policy<'a> {
    pub(crate) item: &'a ImplItemFn,
    pub(crate) ident: &'a Ident,
    /// Whether it judges the record.
    pub(crate) has_self: bool,
    /// What it decides, in the order written.
    pub(crate) targets: Vec<PolicyTarget<'a>>,
}

/// What a policy decides, and how it is written.
#[derive(Debug)]
pub(crate) struct PolicyTarget<'a> {
    pub(crate) ident: &'a Ident,
    /// `None` where there is nothing of that name.
    pub(crate) action: Option<PolicyAction>,
}

/// What a policy decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyAction {
    Read,
    Create,
    Update,
    Destroy,
    /// A remote method, by its name on the wire, and what it takes as `self`.
    Method(String, Receiver),
}

impl<'a> Policy<'a> {
    pub(super) fn of(
        item: &'a ImplItemFn,
        attributes: &'a PolicyAttributes,
        methods: &[Method<'_>],
    ) -> Self {
        let targets = attributes.actions.iter().map(|ident| PolicyTarget {
            ident,
            action: PolicyAction::of(ident, methods),
        });
        Self {
            item,
            ident: &item.sig.ident,
            has_self: item.sig.receiver().is_some(),
            targets: targets.collect(),
        }
    }

    /// Whether it says which records are seen.
    pub(crate) fn decides_read(&self) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| target.action == Some(PolicyAction::Read))
    }
}

impl PolicyAction {
    /// What `spelt` says among these remote methods, which go by their names in Rust.
    fn of(ident: &Ident, methods: &[Method<'_>]) -> Option<Self> {
        let name = ident.unraw().to_string();
        match name.as_str() {
            "read" => Some(Self::Read),
            "create" => Some(Self::Create),
            "update" => Some(Self::Update),
            "destroy" => Some(Self::Destroy),
            _ => {
                let method = methods.iter().find(|method| method.ident.unraw() == name)?;
                Some(Self::Method(method.name.text.clone(), method.receiver))
            }
        }
    }
}

/// The policies of a block.
pub(super) fn policies(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method)
            if matches!(method.vis, Visibility::Inherited)
                && method.attrs.iter().any(is_policy_attribute) =>
        {
            Some(method)
        }
        _ => None,
    })
}

/// What the attributes of each policy of a block say.
pub(super) fn attributes(item: &ItemImpl, diagnostics: &mut Diagnostics) -> Vec<PolicyAttributes> {
    policies(item)
        .map(|method| PolicyAttributes::of(&method.attrs, diagnostics))
        .collect()
}
