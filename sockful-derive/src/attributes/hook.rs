//! Reads `#[before(…)]` and `#[after(…)]`, which make a method a hook.

use super::syntax::has_name;
use crate::diagnostics::Diagnostics;
use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Ident, Meta, Result, Token};

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Before,
    After,
}

/// The attributes of hooks and their phases.
const HOOKS: [(&str, Phase); 2] = [("before", Phase::Before), ("after", Phase::After)];

/// The hook attributes of one method.
#[derive(Debug, Default)]
pub(crate) struct HookAttributes {
    /// Each phase in the order written, with the actions that it names.
    pub(crate) phases: Vec<(Phase, Vec<Ident>)>,
}

impl HookAttributes {
    /// Reads the attributes and merges those of one phase.
    pub(crate) fn of(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let mut parsed = Self::default();
        for attribute in attributes {
            let Some((name, phase)) = hook_attribute(attribute) else {
                continue;
            };
            let ask =
                format!("`{name}` needs at least one action, such as #[{name}(create, update)]");
            let read = parse_actions(attribute, name, &ask);
            let Some(actions) = diagnostics.ok(read) else {
                continue;
            };
            match parsed.phases.iter_mut().find(|(known, _)| *known == phase) {
                Some((_, known)) => known.extend(actions),
                None => parsed.phases.push((phase, actions)),
            }
        }
        parsed
    }
}

/// The name and phase of a hook attribute, even if it is written with a path or in a `cfg_attr`.
pub(crate) fn hook_attribute(attribute: &Attribute) -> Option<(&'static str, Phase)> {
    HOOKS
        .into_iter()
        .find(|(name, _)| has_name(attribute, name))
}

/// Parses the names in the parentheses; `ask` is the error if there are none.
pub(super) fn parse_actions(attribute: &Attribute, name: &str, ask: &str) -> Result<Vec<Ident>> {
    let path = attribute.path();
    if path.is_ident("cfg_attr") {
        // An attribute macro sees `cfg_attr` before it is evaluated.
        let message = format!(
            "`{name}` can't be inside `cfg_attr`; write two methods with #[cfg(…)] instead"
        );
        return Err(Error::new_spanned(attribute, message));
    }
    if !path.is_ident(name) {
        let message = format!("write `#[{name}(…)]` without a path");
        return Err(Error::new_spanned(path, message));
    }
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => {
            parse_action_names.parse2(list.tokens.clone())
        }
        _ => Err(Error::new_spanned(attribute, ask)),
    }
}

fn parse_action_names(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let mut actions = Vec::new();
    while !input.is_empty() {
        let span = input.span();
        let action = Ident::parse_any(input);
        let ends = input.is_empty() || input.peek(Token![,]);
        let (Ok(action), true) = (action, ends) else {
            // The remaining tokens belong to the same error.
            while input.parse::<TokenTree>().is_ok() {}
            let message = "expected names of actions, such as `create, update`, or of remote methods in this block";
            return Err(Error::new(span, message));
        };
        actions.push(action);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(actions)
}
