//! A method that authorizes actions and that clients cannot call.

use super::method::{Method, Receiver};
use crate::attributes::{PolicyAttributes, is_policy_attribute};
use crate::diagnostics::Diagnostics;
use syn::ext::IdentExt;
use syn::{Ident, ImplItem, ImplItemFn, ItemImpl, Visibility};

/// A policy method.
#[derive(Debug)]
pub(crate) struct Policy<'a> {
    pub(crate) item: &'a ImplItemFn,
    pub(crate) ident: &'a Ident,
    /// Whether it takes the record.
    pub(crate) has_self: bool,
    /// The actions that it authorizes, in the order written.
    pub(crate) targets: Vec<PolicyTarget<'a>>,
}

/// An action that a policy names.
#[derive(Debug)]
pub(crate) struct PolicyTarget<'a> {
    pub(crate) ident: &'a Ident,
    /// `None` if there is no action of that name.
    pub(crate) action: Option<PolicyAction>,
}

/// An action that a policy authorizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyAction {
    Read,
    Create,
    Update,
    Destroy,
    /// A remote method: its name on the wire, and its receiver.
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

    /// Whether it decides which records a caller can read.
    pub(crate) fn decides_read(&self) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| target.action == Some(PolicyAction::Read))
    }
}

impl PolicyAction {
    /// Finds the action called `ident`; remote methods go by their Rust names.
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

/// The policy methods of a block.
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

/// Reads the attributes of each policy of a block.
pub(super) fn attributes(item: &ItemImpl, diagnostics: &mut Diagnostics) -> Vec<PolicyAttributes> {
    policies(item)
        .map(|method| PolicyAttributes::of(&method.attrs, diagnostics))
        .collect()
}
