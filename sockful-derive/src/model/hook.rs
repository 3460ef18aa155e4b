//! A method of the block that runs before or after something, and is never called by clients.

use super::method::{Method, Takes, typed};
use super::types::bare;
use crate::attributes::{HookWords, Phase, of_hooks};
use crate::diagnostics::Diagnostics;
use syn::ext::IdentExt;
use syn::{Ident, ImplItem, ImplItemFn, ItemImpl, Pat, PatType, Type, Visibility};

/// A hook.
#[derive(Debug)]
pub(crate) struct Hook<'a> {
    pub(crate) item: &'a ImplItemFn,
    pub(crate) ident: &'a Ident,
    pub(crate) takes: Takes,
    /// When it runs and on what; several attributes of one phase are one.
    pub(crate) phases: Vec<(Phase, Vec<Occasion<'a>>)>,
    pub(crate) given: Vec<Given<'a>>,
}

/// What a hook runs on, and how it is written.
#[derive(Debug)]
pub(crate) struct Occasion<'a> {
    pub(crate) spelt: &'a Ident,
    /// `None` where there is nothing of that name.
    pub(crate) on: Option<On>,
}

/// What a hook runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Create,
    Update,
    Destroy,
    /// A remote method, by its name on the wire, and what it takes as `self`.
    Remote(String, Takes),
}

/// What a hook is called with.
#[derive(Debug)]
pub(crate) enum Given<'a> {
    /// The context; the type behind the reference.
    Context(&'a Type),
    /// What is stored.
    Old(Old<'a>),
}

/// What is stored, as a hook asks for it.
#[derive(Debug)]
pub(crate) enum Old<'a> {
    /// By reference: it must be there.
    Surely(&'a PatType),
    /// Where it is there.
    Perhaps(&'a PatType),
}

impl<'a> Hook<'a> {
    pub(super) fn of(item: &'a ImplItemFn, words: &'a HookWords, methods: &[Method<'_>]) -> Self {
        let phases = words.phases.iter().map(|(phase, actions)| {
            let occasions = actions.iter().map(|spelt| Occasion {
                spelt,
                on: On::of(spelt, methods),
            });
            (*phase, occasions.collect())
        });
        Self {
            item,
            ident: &item.sig.ident,
            takes: Takes::of(item),
            phases: phases.collect(),
            given: typed(item).filter_map(Given::of).collect(),
        }
    }

    /// Everything it runs on, each with its phase.
    pub(crate) fn occasions(&self) -> impl Iterator<Item = (Phase, &Occasion<'a>)> {
        let phases = self.phases.iter();
        phases.flat_map(|(phase, occasions)| occasions.iter().map(|it| (*phase, it)))
    }
}

impl On {
    /// What `spelt` says among these remote methods, which go by their names in Rust.
    fn of(spelt: &Ident, methods: &[Method<'_>]) -> Option<Self> {
        let name = spelt.unraw().to_string();
        match name.as_str() {
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

impl<'a> Given<'a> {
    /// What is given for a parameter; `None` for one that the checks refuse.
    pub(crate) fn of(parameter: &'a PatType) -> Option<Self> {
        let is_old = matches!(&*parameter.pat, Pat::Ident(name) if name.ident == "old");
        match bare(&parameter.ty) {
            Type::Reference(_) if is_old => Some(Self::Old(Old::Surely(parameter))),
            Type::Reference(reference) => Some(Self::Context(&reference.elem)),
            _ if is_old => Some(Self::Old(Old::Perhaps(parameter))),
            _ => None,
        }
    }
}

/// The hooks of a block.
pub(super) fn hooks(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method)
            if matches!(method.vis, Visibility::Inherited)
                && method.attrs.iter().any(|it| of_hooks(it).is_some()) =>
        {
            Some(method)
        }
        _ => None,
    })
}

/// What the attributes of each hook of a block say.
pub(super) fn words(item: &ItemImpl, diagnostics: &mut Diagnostics) -> Vec<HookWords> {
    hooks(item)
        .map(|method| HookWords::of(&method.attrs, diagnostics))
        .collect()
}
