//! Checks an impl block with `#[remote]`.

mod hook;
mod payload;
mod policy;
mod signature;

use super::rules::rules;
use crate::attributes::{hook_attribute, is_policy_attribute};
use crate::diagnostics::Diagnostics;
use crate::model::{Block, Hook, Method, cfg_attributes, ungrouped};
use crate::names::{is_core_action, is_name};
use syn::ext::IdentExt;
use syn::{Error, ImplItem, ImplItemFn, Type, Visibility};

pub(crate) fn block(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    if check_self_type(block, diagnostics) {
        for method in &block.methods {
            signature::check(method, diagnostics);
            payload::check(method, diagnostics);
        }
        // A hook that is also a policy is reported by the policy's check.
        let is_policy = |hook: &&Hook<'_>| hook.item.attrs.iter().any(is_policy_attribute);
        for hook in block.hooks.iter().filter(|it| !is_policy(it)) {
            hook::check(hook, block, diagnostics);
        }
        for policy in &block.policies {
            policy::check(policy, block, diagnostics);
        }
    }
    check_private_methods(block, diagnostics);
    check_remote_methods(block, diagnostics);
    check_names(block, diagnostics);
    check_distinct_names(block, diagnostics);
    let parameters = block.methods.iter().flat_map(Method::parameters);
    for parameter in parameters.filter(|parameter| !parameter.is_payload) {
        rules(
            &parameter.rules,
            parameter.ty,
            parameter.default,
            diagnostics,
        );
    }
}

/// The rows of the dispatch table belong to one type, so traits and generic blocks are rejected.
fn check_self_type(block: &Block<'_>, diagnostics: &mut Diagnostics) -> bool {
    let item = block.item;
    let instead = "write `#[remote] impl Creature { … }` with the resource's own name";
    if let Some((of, _)) = &item.trait_ {
        diagnostics.add(of, format!("methods of a trait can't be remote; {instead}"));
    } else if !item.generics.params.is_empty() {
        diagnostics.add(
            &item.generics.params,
            format!("a generic block can't be remote; {instead}"),
        );
    } else if let Some(clause) = &item.generics.where_clause {
        diagnostics.add(
            clause,
            "a remote block can't have a `where` clause; remove it",
        );
    } else if !matches!(ungrouped(&item.self_ty), Type::Path(_)) {
        diagnostics.add(
            &item.self_ty,
            format!("this type is not a resource; {instead}"),
        );
    } else {
        return true;
    }
    false
}

/// Rejects `pub(crate)`, which could be read as remote or as private, and attributes on private methods.
fn check_private_methods(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let methods = block.item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    });
    for method in methods.filter(|method| !matches!(method.vis, Visibility::Public(_))) {
        let name = &method.sig.ident;
        if let Visibility::Restricted(vis) = &method.vis {
            let message = format!(
                "unsupported visibility of `{name}`; write `pub` to make it remote, remove the visibility otherwise, or move it into another impl block"
            );
            diagnostics.add(vis, message);
        } else if let Some(attribute) = remote_attribute_on(method) {
            let message = if block.hooks.iter().any(|hook| hook.ident == name) {
                format!("`{name}` is a hook, which clients can't call; remove this attribute")
            } else if block.policies.iter().any(|policy| policy.ident == name) {
                format!("`{name}` is a policy, which clients can't call; remove this attribute")
            } else {
                format!("`{name}` is not remote; write `pub fn {name}`, or remove this attribute")
            };
            diagnostics.add(attribute, message);
        }
    }
}

/// Rejects hooks and policies that are `pub`: clients could call them.
fn check_remote_methods(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for method in &block.methods {
        for attribute in &method.item.attrs {
            let other = match attribute {
                it if hook_attribute(it).is_some() => "a hook",
                it if is_policy_attribute(it) => "a policy",
                _ => continue,
            };
            let message = format!(
                "`{}` is remote and can't be {other}; remove `pub` or this attribute",
                method.ident
            );
            diagnostics.add(attribute, message);
            break;
        }
    }
}

/// Whether the block has a method of this name.
fn has_method(name: &str, block: &Block<'_>) -> bool {
    block.item.items.iter().any(|item| match item {
        ImplItem::Fn(method) => method.sig.ident.unraw() == name,
        _ => false,
    })
}

/// Whether a remote method has the Rust name of a core action. If it also has that name on the wire,
/// the error is reported at the method.
fn is_remote_method(name: &str, block: &Block<'_>) -> bool {
    let mut others = block
        .methods
        .iter()
        .filter(|it| !is_core_action(&it.name.text));
    others.any(|it| it.ident.unraw() == name)
}

fn remote_attribute_on(method: &ImplItemFn) -> Option<&syn::Attribute> {
    let on_method = method
        .attrs
        .iter()
        .find(|attribute| attribute.path().is_ident("remote"));
    let mut on_parameters =
        crate::model::typed_params(method).flat_map(|parameter| &parameter.attrs);
    let is_ours = |attribute: &&syn::Attribute| {
        let path = attribute.path();
        path.is_ident("resource") || path.is_ident("payload")
    };
    on_method.or_else(|| on_parameters.find(is_ours))
}

/// Rejects methods with the name of a core action, which would hide it or never be reached.
fn check_names(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for method in &block.methods {
        let name = &method.name.text;
        if !is_name(name) {
            let message = format!(
                "`{}` is not a valid name for a client to call; write #[remote(name = \"…\")] on the method",
                method.ident
            );
            diagnostics.push(Error::new(method.name.span, message));
        }
        if is_core_action(name) {
            let message = format!(
                "`{name}` is an action of every resource; rename the method, or write #[remote(name = \"…\")] on it"
            );
            diagnostics.push(Error::new(method.name.span, message));
        }
    }
}

/// Rejects two methods of one name: only one of them could be called.
fn check_distinct_names(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for (at, method) in block.methods.iter().enumerate() {
        let same = block.methods[..at]
            .iter()
            .find(|earlier| earlier.name.text == method.name.text);
        let Some(earlier) = same else { continue };
        // The compiler reports duplicate methods. Of two conditional ones at most one may be compiled.
        let conditional = [earlier, method]
            .iter()
            .all(|method| !cfg_attributes(&method.item.attrs).is_empty());
        if earlier.ident == method.ident || conditional {
            continue;
        }
        let message = format!(
            "`{}` and `{}` have the same wire name `{}`; write #[remote(name = \"…\")] on one of them",
            earlier.ident, method.ident, method.name.text
        );
        diagnostics.push(Error::new(method.name.span, message));
    }
}
