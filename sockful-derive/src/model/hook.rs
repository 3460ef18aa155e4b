//! A method of the block that runs before or after something, and is never called by clients.

use super::method::{Method, Receiver, typed_params};
use super::types::ungrouped;
use crate::attributes::{HookAttributes, Phase, hook_attribute};
use crate::diagnostics::Diagnostics;
use syn::ext::IdentExt;
use syn::{Ident, ImplItem, ImplItemFn, ItemImpl, Pat, PatType, Type, Visibility};

/// A hook.
#[derive(Debug)]
pub(crate) struct Hook<'a> {
    pub(crate) item: &'a ImplItemFn,
    pub(crate) ident: &'a Ident,
    pub(crate) receiver: Receiver,
    /// When it runs and on what; several attributes of one phase are one.
    pub(crate) phases: Vec<(Phase, Vec<HookTarget<'a>>)>,
    pub(crate) given: Vec<HookParam<'a>>,
}

/// What a hook runs on, and how it is written.
#[derive(Debug)]
pub(crate) struct HookTarget<'a> {
    pub(crate) ident: &'a Ident,
    /// `None` where there is nothing of that name.
    pub(crate) action: Option<HookAction>,
}

/// What a hook runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HookAction {
    Create,
    Update,
    Destroy,
    /// A remote method, by its name on the wire, and what it takes as `self`.
    Method(String, Receiver),
}

/// What a hook is called with.
#[derive(Debug)]
pub(crate) enum HookParam<'a> {
    /// The context; the type behind the reference.
    Context(&'a Type),
    /// What is stored.
    Old(OldRecord<'a>),
}

/// What is stored, as a hook asks for it.
#[derive(Debug)]
pub(crate) enum OldRecord<'a> {
    /// By reference: it must be there.
    Required(&'a PatType),
    /// Where it is there.
    Optional(&'a PatType),
}

impl<'a> Hook<'a> {
    pub(super) fn of(
        item: &'a ImplItemFn,
        attributes: &'a HookAttributes,
        methods: &[Method<'_>],
    ) -> Self {
        let phases = attributes.phases.iter().map(|(phase, actions)| {
            let targets = actions.iter().map(|ident| HookTarget {
                ident,
                action: HookAction::of(ident, methods),
            });
            (*phase, targets.collect())
        });
        Self {
            item,
            ident: &item.sig.ident,
            receiver: Receiver::of(item),
            phases: phases.collect(),
            given: typed_params(item).filter_map(HookParam::of).collect(),
        }
    }

    /// Everything it runs on, each with its phase.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (Phase, &HookTarget<'a>)> {
        let phases = self.phases.iter();
        phases.flat_map(|(phase, targets)| targets.iter().map(|it| (*phase, it)))
    }
}

impl HookAction {
    /// What `spelt` says among these remote methods, which go by their names in Rust.
    fn of(ident: &Ident, methods: &[Method<'_>]) -> Option<Self> {
        let name = ident.unraw().to_string();
        match name.as_str() {
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

impl<'a> HookParam<'a> {
    /// What is given for a parameter; `None` for one that the checks refuse.
    pub(crate) fn of(parameter: &'a PatType) -> Option<Self> {
        let is_old = matches!(&*parameter.pat, Pat::Ident(name) if name.ident == "old");
        match ungrouped(&parameter.ty) {
            Type::Reference(_) if is_old => Some(Self::Old(OldRecord::Required(parameter))),
            Type::Reference(reference) => Some(Self::Context(&reference.elem)),
            _ if is_old => Some(Self::Old(OldRecord::Optional(parameter))),
            _ => None,
        }
    }
}

/// The hooks of a block.
pub(super) fn hooks(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method)
            if matches!(method.vis, Visibility::Inherited)
                && method.attrs.iter().any(|it| hook_attribute(it).is_some()) =>
        {
            Some(method)
        }
        _ => None,
    })
}

/// What the attributes of each hook of a block say.
pub(super) fn attributes(item: &ItemImpl, diagnostics: &mut Diagnostics) -> Vec<HookAttributes> {
    hooks(item)
        .map(|method| HookAttributes::of(&method.attrs, diagnostics))
        .collect()
}
