//! A method that runs before or after an action and that clients cannot call.

use super::method::{Method, Receiver, typed_params};
use super::types::ungrouped;
use crate::attributes::{HookAttributes, Phase, hook_attribute};
use crate::diagnostics::Diagnostics;
use syn::ext::IdentExt;
use syn::{Ident, ImplItem, ImplItemFn, ItemImpl, Pat, PatType, Type, Visibility};

/// A hook method.
#[derive(Debug)]
pub(crate) struct Hook<'a> {
    pub(crate) item: &'a ImplItemFn,
    pub(crate) ident: &'a Ident,
    pub(crate) receiver: Receiver,
    /// The phases and the actions of each; attributes of one phase are merged.
    pub(crate) phases: Vec<(Phase, Vec<HookTarget<'a>>)>,
    pub(crate) given: Vec<HookParam<'a>>,
}

/// An action that a hook names.
#[derive(Debug)]
pub(crate) struct HookTarget<'a> {
    pub(crate) ident: &'a Ident,
    /// `None` if there is no action of that name.
    pub(crate) action: Option<HookAction>,
}

/// An action that a hook runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HookAction {
    Create,
    Update,
    Destroy,
    /// A remote method: its name on the wire, and its receiver.
    Method(String, Receiver),
}

/// A parameter of a hook.
#[derive(Debug)]
pub(crate) enum HookParam<'a> {
    /// The context, with the type behind the reference.
    Context(&'a Type),
    /// The stored record.
    Old(OldRecord<'a>),
}

/// How a hook takes the stored record.
#[derive(Debug)]
pub(crate) enum OldRecord<'a> {
    /// `&Self`: the record must exist.
    Required(&'a PatType),
    /// `Option<&Self>`: `None` if the record does not exist.
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

    /// All actions that it runs on, each with its phase.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (Phase, &HookTarget<'a>)> {
        let phases = self.phases.iter();
        phases.flat_map(|(phase, targets)| targets.iter().map(|it| (*phase, it)))
    }
}

impl HookAction {
    /// Finds the action called `ident`; remote methods go by their Rust names.
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
    /// Classifies a parameter; `None` for one that the checks reject.
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

/// The hook methods of a block.
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

/// Reads the attributes of each hook of a block.
pub(super) fn attributes(item: &ItemImpl, diagnostics: &mut Diagnostics) -> Vec<HookAttributes> {
    hooks(item)
        .map(|method| HookAttributes::of(&method.attrs, diagnostics))
        .collect()
}
