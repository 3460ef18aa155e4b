//! A method of the block that decides who may do what, and is never called by clients.

use super::method::{Method, Takes};
use crate::attributes::{PolicyWords, is_of_policy};
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
    pub(crate) grants: Vec<Granted<'a>>,
}

/// What a policy decides, and how it is written.
#[derive(Debug)]
pub(crate) struct Granted<'a> {
    pub(crate) spelt: &'a Ident,
    /// `None` where there is nothing of that name.
    pub(crate) grant: Option<Grant>,
}

/// What a policy decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    Read,
    Create,
    Update,
    Destroy,
    /// A remote method, by its name on the wire, and what it takes as `self`.
    Remote(String, Takes),
}

impl<'a> Policy<'a> {
    pub(super) fn of(item: &'a ImplItemFn, words: &'a PolicyWords, methods: &[Method<'_>]) -> Self {
        let grants = words.grants.iter().map(|spelt| Granted {
            spelt,
            grant: Grant::of(spelt, methods),
        });
        Self {
            item,
            ident: &item.sig.ident,
            has_self: item.sig.receiver().is_some(),
            grants: grants.collect(),
        }
    }

    /// Whether it says which records are seen.
    pub(crate) fn is_of_reading(&self) -> bool {
        let mut grants = self.grants.iter();
        grants.any(|granted| granted.grant == Some(Grant::Read))
    }
}

impl Grant {
    /// What `spelt` says among these remote methods, which go by their names in Rust.
    fn of(spelt: &Ident, methods: &[Method<'_>]) -> Option<Self> {
        let name = spelt.unraw().to_string();
        match name.as_str() {
            "read" => Some(Self::Read),
            "create" => Some(Self::Create),
            "update" => Some(Self::Update),
            "destroy" => Some(Self::Destroy),
            _ => {
                let method = methods.iter().find(|method| method.ident.unraw() == name)?;
                Some(Self::Remote(method.name.text.clone(), method.takes))
            }
        }
    }
}

/// The policies of a block.
pub(super) fn policies(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method)
            if matches!(method.vis, Visibility::Inherited)
                && method.attrs.iter().any(is_of_policy) =>
        {
            Some(method)
        }
        _ => None,
    })
}

/// What the attributes of each policy of a block say.
pub(super) fn words(item: &ItemImpl, diagnostics: &mut Diagnostics) -> Vec<PolicyWords> {
    policies(item)
        .map(|method| PolicyWords::of(&method.attrs, diagnostics))
        .collect()
}
